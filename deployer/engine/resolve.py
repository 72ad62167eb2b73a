"""Asks SGLang itself what it would make of a release's arguments, as if on the release's GPUs.

One process of the engine's python, isolated: its own home and temporary folder, the best jail that
this system has, the model's config for a model. It never sees the API key, of any other secret it
sees asterisks, and of the profile's variables only those that run and reach nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from deployer.codec import read_json
from deployer.engine import child
from deployer.engine.environment import ENGINES
from deployer.engine.gpus import gpu_of
from deployer.engine.jail import NOTHING, Jail
from deployer.engine.model_config import ModelConfig
from deployer.engine.overlay import Interpreter
from deployer.errors import Failure
from deployer.facts.cpu import SWITCH
from deployer.facts.gpus import Gpu
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.history import variable_lifetimes
from deployer.facts.sglang.powers import of_variable
from deployer.parse.secrets import shown
from deployer.release import Release

SECONDS, EACH_SECONDS = 300, 10
"""The time limit, and what each question adds. A resolution takes about 6 s on an idle machine,
nearly all of it imports: 178 questions took 50 s there."""

_SOURCES = Path(__file__).parent / "pretend"
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""Variables of the caller that the engine's python sees."""

DRAFT = "--speculative-draft-model-path"
"""The option for a draft model, the same in every release from 0.5.9 to 0.5.23."""

_TIMED_OUT = (f"ended by signal {signal.SIGALRM:d}", f"exit status {128 + signal.SIGALRM}")


@dataclass(frozen=True, slots=True)
class Value:
    """One field of SGLang's arguments: what it was given, its default, what SGLang makes of it.

    ``flag`` is the option behind it, empty where there is none; ``rule`` the function of SGLang
    that decided it last, where the release keeps book. Values are JSON values.
    """

    field: str
    flag: str
    default: Any
    given: bool
    stated: Any
    resolved: Any
    rule: str


@dataclass(frozen=True, slots=True)
class Said:
    """A line of SGLang's log at level ``warning`` or ``error``, in its own words."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one argument list.

    ``outcome`` is ``resolved``, ``refused`` (``message`` holds SGLang's words, ``where`` the place
    in its code) or ``broken`` (it failed for a reason of this machine). ``variables`` are the
    environment variables that SGLang set, ``packages`` the versions it ran on, ``pretended`` what
    it believed in beside the GPUs. ``jail`` says what it was kept from, ``left_out`` names the
    profile's variables that it did not get. ``missing`` are architectures of the model that the
    release has no code for: it cannot serve them, whatever it resolves.
    """

    outcome: str
    message: str
    where: str
    values: tuple[Value, ...]
    said: tuple[Said, ...]
    variables: Mapping[str, str]
    packages: Mapping[str, str]
    pretended: tuple[str, ...]
    jail: str = ""
    left_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One argument list without the model, its model, and the hardware to pretend (None: a CPU).

    ``path`` is what the answer calls the model. ``arguments`` hold no secret. ``draft`` is the
    config of a draft model, whose path SGLang is then given.
    """

    model: ModelConfig
    gpu: Gpu | None
    count: int
    arguments: tuple[str, ...]
    path: str = "MODEL"
    draft: ModelConfig | None = None


def ask(
    engine: Interpreter,
    releases: Sequence[Release],
    model: ModelConfig,
    *,
    environ: Mapping[str, str] = os.environ,
    run: child.Runner = child.run,
    jail: Jail = NOTHING,
) -> tuple[Answer, ...]:
    """Let SGLang resolve the arguments of several releases, which share model and environment.

    Raises Failure where a GPU is not known, SGLang cannot be imported, or time runs out.
    """
    first = releases[0]
    kept = {v.name: v.value for v in first.environment if is_harmless(v.name, first)}
    questions = [_question(release, model) for release in releases]
    found = ask_all(engine, questions, kept, environ=environ, run=run, jail=jail)
    return tuple(replace(answer, left_out=left_out(first)) for answer in found)


def ask_all(
    engine: Interpreter,
    questions: Sequence[Question],
    variables: Mapping[str, str],
    *,
    environ: Mapping[str, str] = os.environ,
    run: child.Runner = child.run,
    jail: Jail = NOTHING,
) -> tuple[Answer, ...]:
    """Let SGLang resolve argument lists of any models in one process with these ``variables``.

    Raises Failure where SGLang cannot be imported, or time runs out.
    """
    if engine.overlay and any(question.gpu is None for question in questions):
        message = f"SGLang {engine.version} is here for GPUs only, which it can be told to see"
        raise Failure(
            message, hint=f"On a CPU it takes a release with a lock: {', '.join(ENGINES)}"
        )
    with tempfile.TemporaryDirectory(prefix="deployer-resolve-") as name:
        folder = Path(name).resolve()
        (folder / "home").mkdir()
        shutil.copytree(_SOURCES, folder / "code" / "deployer" / "engine" / "pretend")
        request, answer = folder / "request.json", folder / "answer.json"
        asked = [_asked(question, folder / f"model{at}") for at, question in enumerate(questions)]
        seconds = SECONDS + EACH_SECONDS * len(questions)
        about = {"seconds": seconds, "overlay": engine.overlay is not None, "questions": asked}
        request.write_text(json.dumps(about), "utf-8")
        command = [str(engine.python), "-m", "deployer.engine.pretend.run"]
        words = jail.wrapped([*command, str(request), str(answer)], folder, _readable(engine))
        _run(run, words, _environ(engine, variables, folder, environ), seconds)
        reply = read_json(answer.read_text("utf-8"), constants=True)
    paths = [(str(folder / f"model{at}"), one.path) for at, one in enumerate(questions)]
    return _answers(reply, paths, jail)


def left_out(release: Release) -> tuple[str, ...]:
    """Name the variables of a release that can run or reach something, or that nobody knows.

    They are for the GPUs that the profile is deployed on, not for the machine of who asks.
    """
    return tuple(v.name for v in release.environment if not is_harmless(v.name, release))


def is_harmless(name: str, release: Release) -> bool:
    """Whether a variable of a release is known to run and to reach nothing."""
    catalogue = find_catalogue(release.engine.version)
    declared = catalogue is not None and name in catalogue.variables
    return of_variable(name, known=declared or bool(variable_lifetimes(name))) is None


def _readable(engine: Interpreter) -> list[Path]:
    """Give the folders that the engine's python is made of."""
    base = engine.python.resolve().parents[1]
    ours = Path(sys.base_prefix)  # the engine's environment was made with this Python
    found = [engine.python.parents[1], base, ours, *([engine.overlay] if engine.overlay else [])]
    return [path for path in dict.fromkeys(found) if path != Path("/")]


def _question(release: Release, model: ModelConfig) -> Question:
    """Ask about a release without its model's path, and without secrets."""
    words: list[str] = []
    for argument in release.arguments:
        if argument.flag != "--model-path":
            values = tuple(shown(argument.flag, value) for value in argument.values)
            words += replace(argument, values=values).words()
    hardware = release.hardware
    gpu = gpu_of(hardware.gpu)
    return Question(model, gpu, hardware.count, tuple(words), release.model.path)


def _asked(question: Question, folder: Path) -> dict[str, Any]:
    question.model.write(folder)
    words = ["--model-path", str(folder), *question.arguments]
    if question.draft is not None:
        draft = folder / "draft"
        question.draft.write(draft)
        words += [DRAFT, str(draft)]
    about = asdict(question.gpu) if question.gpu else None
    return {"gpu": about, "count": question.count, "arguments": words}


def _environ(
    engine: Interpreter, variables: Mapping[str, str], folder: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """Give the variables that were asked for and what isolates the process; the latter wins."""
    paths = [folder / "code", engine.overlay] if engine.overlay else [folder / "code"]
    return {
        **{name: environ[name] for name in _KEPT if name in environ},
        **variables,
        SWITCH: "1",  # the import hooks, see pretend/loading.py
        "HF_HOME": str(folder / "home"),
        "HF_HUB_OFFLINE": "1",
        "HOME": str(folder / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "TMPDIR": str(folder),
        "XDG_CACHE_HOME": str(folder / "home"),
    }


def _run(run: child.Runner, command: Sequence[str], env: Mapping[str, str], seconds: int) -> None:
    doing = "resolving the arguments"
    try:
        run(command, doing=doing, env=env, on_line=lambda _line: None)
    except Failure as failure:
        if not any(sign in failure.message for sign in _TIMED_OUT):
            raise
        message = f"SGLang has not resolved the arguments within {seconds} s"
        raise Failure(message, hint="Is the machine very busy? Try again") from failure


def _answers(
    reply: dict[str, Any], paths: Sequence[tuple[str, str]], jail: Jail
) -> tuple[Answer, ...]:
    named = [_renamed(answer, *path) for answer, path in zip(reply["answers"], paths, strict=True)]
    return tuple(
        Answer(
            outcome=answer["outcome"],
            message=answer["message"],
            where=answer["where"],
            values=tuple(Value(**value) for value in answer["values"]),
            said=tuple(Said(**line) for line in answer["said"]),
            variables=answer["variables"],
            packages=reply["packages"],
            pretended=(*reply["pretended"], *answer["pretended"]),
            jail=jail.says,
            missing=tuple(answer["missing"]),
        )
        for answer in named
    )


def _renamed(answer: Any, folder: str, path: str) -> Any:  # noqa: ANN401 - a JSON value
    """Call the model's folder by the model's own path, wherever SGLang names it."""
    if isinstance(answer, str):
        return answer.replace(folder, path)
    if isinstance(answer, dict):
        return {name: _renamed(value, folder, path) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_renamed(value, folder, path) for value in answer]
    return answer
