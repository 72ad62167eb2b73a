"""Asking the questions of a set, and the score that comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from deployer.errors import Failure
from deployer.measure.canary.judge import RunCode, judge
from deployer.measure.canary.question import Answer, Call, Question, Questions
from deployer.measure.chance import fisher, wilson
from deployer.measure.run import Subject, served_name

if TYPE_CHECKING:
    from deployer.engine.jail import Jail
    from deployer.verify.context import Context

FORMAT = 1
SURE = 0.05
"""The probability below which a lower score is not put down to chance."""

NO_JAIL = "this system has no jail to run a model's code in, so no code was asked for"
NO_TOOLS = "the endpoint promises no tool calls, so none was asked for"

CITY = {"type": "string", "description": "City name, e.g. Tokyo"}


@dataclass(frozen=True, slots=True)
class Part:
    """How many questions of a kind were answered right."""

    kind: str
    right: int
    asked: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A question that was not answered right, and why."""

    question: str
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    """How often an endpoint was right.

    ``questions`` names the set and ``set_digest`` tells it from others. ``digest`` is the
    release's. ``unanswered`` of ``asked`` got no answer at all, and so none that is right.
    """

    name: str
    digest: str
    model: str
    questions: str
    set_digest: str
    started: float
    right: int
    asked: int
    unanswered: int
    parts: tuple[Part, ...]
    wrong: tuple[Wrong, ...]
    left_out: tuple[str, ...] = ()
    format_version: int = FORMAT

    @property
    def share(self) -> float:
        """The share of right answers."""
        return self.right / self.asked

    @property
    def interval(self) -> tuple[float, float]:
        """What bounds that share with 95 % confidence."""
        return wilson(self.right, self.asked)

    def chance(self, before: Score) -> float | None:
        """Give the probability of a score as low as this if it is as good as the one before.

        None where they answered other questions.
        """
        if (self.set_digest, self.asked) != (before.set_digest, before.asked):
            return None
        return fisher(self.right, self.asked, before.right, before.asked)

    def worse(self, before: Score) -> bool:
        """Whether it is surely worse than the one before."""
        chance = self.chance(before)
        return chance is not None and chance < SURE


def score(
    subject: Subject,
    questions: Questions,
    jail: Jail,
    *,
    on_progress: Callable[[int, int], None],
    now: Callable[[], float] = time.time,
) -> Score:
    """Ask every question once, at temperature 0, and count the right answers.

    Raises Failure where not one was answered, and what the endpoint's guard raises.
    """
    from deployer.measure.canary.code import run_in  # noqa: PLC0415 - who reads a score needs none
    from deployer.verify.context import open_context  # noqa: PLC0415 - brings the SDK
    from deployer.verify.run import TIMEOUT  # noqa: PLC0415 - as above

    endpoint = subject.endpoint
    endpoint.guard()
    asked, left_out = _asked(questions, jail, tools=endpoint.tools)
    model, started = endpoint.model or served_name(endpoint), now()
    run: RunCode = partial(run_in, jail)
    with (
        open_context(
            endpoint, model=model, timeout=TIMEOUT, max_tokens=questions.max_tokens
        ) as context,
        ThreadPoolExecutor(questions.parallel) as pool,
    ):
        found: list[tuple[str, bool]] = []
        for each in pool.map(lambda question: _one(context, question, run), asked):
            found.append(each)
            on_progress(len(found), len(asked))
    silent = [why for why, answered in found if not answered]
    if len(silent) == len(asked):
        message = f"not one of {len(asked)} questions was answered"
        raise Failure(message, hint=silent[0] if silent else "there was none to ask")
    wrong = [Wrong(q.name, why) for q, (why, _) in zip(asked, found, strict=True) if why]
    names = {each.question for each in wrong}
    kinds = dict.fromkeys(question.kind for question in asked)
    return Score(
        name=subject.name,
        digest=subject.digest,
        model=model,
        questions=questions.name,
        set_digest=questions.digest,
        started=started,
        right=len(asked) - len(wrong),
        asked=len(asked),
        unanswered=len(silent),
        parts=tuple(_part(kind, asked, names) for kind in kinds),
        wrong=tuple(wrong),
        left_out=left_out,
    )


def _asked(
    questions: Questions, jail: Jail, *, tools: bool
) -> tuple[list[Question], tuple[str, ...]]:
    without = {} if jail.kind == "full" else {"code": NO_JAIL}
    without |= {} if tools else {"tool": NO_TOOLS}
    asked = [each for each in questions.questions if each.kind not in without]
    return asked, tuple(why for kind, why in without.items() if kind in questions.kinds())


def _one(context: Context, question: Question, run: RunCode) -> tuple[str, bool]:
    """Ask a question; gives what is wrong with the answer, and whether there is one."""
    from deployer.verify.trouble import explain  # noqa: PLC0415 - brings the SDK

    endpoint = context.endpoint
    try:
        answer = _answer(context, question)
    except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
        return endpoint.hide(
            f"no answer: {explain(error, endpoint, context.timeout).message}"
        ), False
    return endpoint.hide(judge(question, answer, run)), True


def _answer(context: Context, question: Question) -> Answer:
    from deployer.verify.answers import first_choice, text_of  # noqa: PLC0415 - brings the SDK
    from deployer.verify.asking import request  # noqa: PLC0415 - as above

    options: dict[str, Any] = {}
    if question.tools:
        options["tools"] = [_tool(name) for name in question.tools]
    thinking = question.thinking and context.endpoint.thinking
    words = request(context, question.text, thinking=thinking, **options)
    message = first_choice(context, context.client.chat.completions.create(**words)).message
    functions = [getattr(call, "function", None) for call in message.tool_calls or ()]
    calls = tuple(Call(str(f.name), str(f.arguments)) for f in functions if f is not None)
    return Answer(text_of(message.content), calls)


def _tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": CITY}, "required": ["city"]}
    words = name.replace("_", " ").capitalize()
    about = {"name": name, "description": f"{words} of a city", "parameters": parameters}
    return {"type": "function", "function": about}


def _part(kind: str, asked: list[Question], wrong: set[str]) -> Part:
    names = [question.name for question in asked if question.kind == kind]
    return Part(kind, sum(name not in wrong for name in names), len(names))
