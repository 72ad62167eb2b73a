"""The canary's questions, how answers are judged, and the score that comes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from deployer.apply.measured import best, keep
from deployer.cli.main import main
from deployer.engine.jail import NOTHING, Jail, find_jail
from deployer.errors import Failure
from deployer.measure.canary.code import run_in
from deployer.measure.canary.general import general
from deployer.measure.canary.judge import judge
from deployer.measure.canary.question import Answer, Call, Question, Questions
from deployer.measure.canary.score import NO_JAIL, NO_TOOLS, Part, Score, score
from deployer.measure.canary.tiny import tiny
from deployer.measure.run import Subject
from deployer.report.canary import right as words
from deployer.report.canary import text, to_json
from deployer.verify.endpoint import Endpoint
from tests.measure.oracle import answering, right

NOT_RUN = partial(run_in, NOTHING)
FULL = Jail("full", "")
PLAIN = [each for each in general().questions if each.kind != "code"]


@pytest.mark.parametrize("question", [*PLAIN, *tiny().questions], ids=lambda each: each.name)
def test_a_right_answer_is_right_and_another_is_not(question: Question) -> None:
    assert judge(question, right(question), NOT_RUN) == ""
    assert judge(question, Answer("!!!!"), NOT_RUN)
    assert judge(question, Answer(), NOT_RUN)


def test_the_sets_never_change() -> None:
    # Whoever changes a question makes another set, whose scores are compared with none before.
    assert (len(general().questions), general().digest[:12]) == (68, "2cce2a479389")
    assert (len(tiny().questions), tiny().digest[:12]) == (82, "5db810017b76")
    for questions in (general(), tiny()):
        names = {each.name for each in questions.questions}
        assert len(names) == len(questions.questions)


NUMBER = Question("n", "arithmetic", "", "-1234")
VALUE = Question("j", "json", "", '{"a": [1]}')
TOOL = Question("t", "tool", "", '{"name": "f", "arguments": {"city": "Oslo"}}')


@pytest.mark.parametrize(
    ("question", "answer", "wrong"),
    [
        (NUMBER, Answer("First 7, so it is -1,234."), ""),
        (NUMBER, Answer("It is -1234, not 7"), "It is -1234, not 7, not -1234"),
        (VALUE, Answer('```json\n{"a": [1]}\n```'), ""),
        (VALUE, Answer('{"a": [1], "b": 2}'), '{"a": [1], "b": 2}, not {"a": [1]}'),
        (VALUE, Answer("{'a': [1]}"), "no JSON: {'a': [1]}"),
        (TOOL, Answer("", (Call("f", '{"city":"Oslo"}'),)), ""),
        (TOOL, Answer("", (Call("g", '{"city":"Oslo"}'),)), 'g({"city":"Oslo"}), not'),
        (TOOL, Answer("", (Call("f", '{"city":"Rome"}'),)), 'f({"city":"Rome"}), not'),
        (TOOL, Answer("", (Call("f", "{"),)), "its arguments are no JSON: {"),
        (TOOL, Answer('f(city="Oslo")'), 'no call: f(city="Oslo")'),
    ],
)
def test_what_is_wrong_is_told(question: Question, answer: Answer, wrong: str) -> None:
    found = judge(question, answer, NOT_RUN)
    assert found.startswith(wrong)
    assert bool(found) is bool(wrong)


NOTED = """
def f(x):
    error = ValueError("two\\nlines")
    error.add_note("and a note")
    raise error
"""

CASES = [{"arguments": [2], "result": 4}, {"arguments": [3], "result": 9}]


@pytest.mark.process
@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("def f(x):\n    return x * x", ""),
        ("def f(x):\n    return x + 2", "f(3) gives 5, not 9"),
        ("def g(x):\n    return x", "the code does not run: KeyError: 'f'"),
        ("def f(x) return", "the code does not run: SyntaxError: expected ':'"),
        ("def f(x):\n    return object()", "the code does not run: TypeError"),
        (NOTED, "the code does not run: ValueError: two"),
        ("import sys\nsys.exit(3)", "the code does not run: exit status 3"),
        ("x = bytearray(10**12)", "the code does not run: MemoryError"),
    ],
)
def test_code_is_run_and_its_results_are_compared(code: str, wrong: str) -> None:
    found = run_in(NOTHING, code, "f", CASES)
    assert found.startswith(wrong)
    assert bool(found) is bool(wrong)


@pytest.mark.process
def test_code_in_a_jail_reaches_nothing() -> None:
    jail = find_jail()
    if jail.kind != "full":
        pytest.skip("this system has no full jail")
    assert run_in(jail, "def f(x):\n    return x * x", "f", CASES) == ""
    reach = "import socket\nsocket.create_connection(('127.0.0.1', 9), 1)"
    assert "Network is unreachable" in run_in(jail, reach, "f", CASES)


@pytest.mark.process
def test_every_function_that_is_asked_for_can_be_written() -> None:
    asked = [each for each in general().questions if each.kind == "code"]
    found = {each.name: judge(each, right(each), NOT_RUN) for each in asked}
    assert len(found) == 8
    assert not any(found.values()), found


FEW = Questions("few", (*PLAIN[:3], *(each for each in PLAIN if each.kind == "tool")), 64)


def scored(
    url: str, questions: Questions = FEW, jail: Jail = NOTHING, *, tools: bool = True
) -> Score:
    endpoint = Endpoint(url, "sk-canary", model="m", tools=tools)
    told: list[int] = []
    found = score(
        Subject(endpoint, "demo", "d" * 64),
        questions,
        jail,
        on_progress=lambda done, _: told.append(done),
        now=lambda: 5.0,
    )
    assert told == list(range(1, found.asked + 1))
    return found


@pytest.mark.process
def test_who_knows_everything_is_always_right() -> None:
    with answering(FEW, right) as url:
        found = scored(url)
    assert (found.right, found.asked, found.unanswered, found.wrong) == (15, 15, 0, ())
    assert found.parts == (Part("arithmetic", 3, 3), Part("tool", 12, 12))
    assert found.left_out == ()


@pytest.mark.process
def test_wrong_and_missing_answers_are_told_apart_and_neither_is_right() -> None:
    def say(question: Question) -> Answer:
        return right(question) if question.kind == "tool" else Answer("!!!! sk-canary")

    with answering(FEW, say, frozenset({"sum-1"})) as url:
        found = scored(url)
    assert (found.right, found.asked, found.unanswered) == (12, 15, 1)
    why = {each.question: each.why for each in found.wrong}
    assert why["sum-1"].startswith("no answer: HTTP 500")
    assert why["sum-2"].startswith("!!!! [key], not ")


@pytest.mark.process
def test_what_cannot_be_asked_is_left_out_and_told() -> None:
    code = next(each for each in general().questions if each.kind == "code")
    questions = replace(FEW, questions=(*FEW.questions, code))
    with answering(questions, right) as url:
        found = scored(url, questions, tools=False)
    assert found.asked == 3
    assert found.left_out == (NO_JAIL, NO_TOOLS)


@pytest.mark.process
def test_an_endpoint_that_answers_nothing_has_no_score() -> None:
    with (
        answering(FEW, right, frozenset(each.name for each in FEW.questions)) as url,
        pytest.raises(Failure, match="not one of 15 questions was answered"),
    ):
        scored(url)


def test_no_answer_is_shown_as_none(capsys: pytest.CaptureFixture[str]) -> None:
    # Nothing listens on the discard port of this machine, so that no question reaches anybody.
    code = main(["canary", "--url", "http://127.0.0.1:9", "profiles/cpu-tiny.yaml"])

    said = capsys.readouterr().err
    assert code == 1
    assert "questions was answered" in said
    assert "✓" not in said


def made(right: int, *, asked: int = 82, digest: str = "a" * 64, started: float = 1.0) -> Score:
    return Score(
        name="demo", digest=digest, model="m", questions="tiny", set_digest="s", started=started,
        right=right, asked=asked, unanswered=0, parts=(Part("exact", right, asked),), wrong=(),
    )  # fmt: skip


def test_a_score_is_held_against_the_best_one_of_the_same_questions(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    for each in (
        made(82, started=1.0),
        made(60, started=2.0, digest="b" * 64),
        replace(made(82, started=3.0), set_digest="other"),
        made(82, started=9.0),
    ):
        keep(each, environ)
    now = made(70, started=5.0)
    before = best(now, environ)
    assert before is not None
    assert before.started == 1.0
    assert now.worse(before)
    assert not made(79, started=5.0).worse(before)
    assert now.chance(replace(before, set_digest="other")) is None
    assert best(made(1, started=0.5), environ) is None


def test_the_text_tells_the_interval_the_promise_and_the_regression() -> None:
    shown = text(made(70), made(82, digest="b" * 64), 0.9)
    assert "demo: 70 of 82 right, 85.4% (95 % confidence: 76.1% to 91.4%)" in shown
    assert "promised    90.0%: MISSED, within what so few questions tell apart" in shown
    assert "it is WORSE now (p = 0.00016, Fisher's exact test)" in " ".join(shown.split())
    assert "kept" in text(made(82), None, 0.9)
    assert "no difference that chance does not make" in " ".join(
        text(made(80), made(82), None).split()
    )


def test_json_holds_all_of_it() -> None:
    found = json.loads(to_json(made(70), made(82), 0.9))
    assert found["worse"] is True
    assert found["share"] == pytest.approx(70 / 82)
    assert found["least"] == 0.9
    assert words(made(70)).startswith("70 of 82 right")
