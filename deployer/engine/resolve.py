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
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.history import variable_lifetimes
from deployer.facts.sglang.powers import of_variable
from deployer.parse.secrets import shown
from deployer.release import Release

SECONDS = 300
"""The time limit. A resolution takes about 6 s on an idle machine, nearly all of it imports."""

_SOURCES = Path(__file__).parent / "pretend"
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""Variables of the caller that the engine's python sees."""

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
    profile's variables that it did not get.
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
    if engine.overlay and any(gpu_of(release.hardware.gpu) is None for release in releases):
        message = f"SGLang {engine.version} is here for GPUs only, which it can be told to see"
        raise Failure(
            message, hint=f"On a CPU it takes a release with a lock: {', '.join(ENGINES)}."
        )
    with tempfile.TemporaryDirectory(prefix="deployer-resolve-") as name:
        folder = Path(name).resolve()
        model.write(folder / "model")
        (folder / "home").mkdir()
        shutil.copytree(_SOURCES, folder / "code" / "deployer" / "engine" / "pretend")
        request, answer = folder / "request.json", folder / "answer.json"
        request.write_text(json.dumps(_request(engine, releases, folder)), "utf-8")
        command = [str(engine.python), "-m", "deployer.engine.pretend.run"]
        words = jail.wrapped([*command, str(request), str(answer)], folder, _readable(engine))
        _run(run, words, _environ(engine, releases, folder, environ))
        text = answer.read_text("utf-8").replace(str(folder / "model"), releases[0].model.path)
    return _answers(read_json(text, constants=True), jail, left_out(releases[0]))


def left_out(release: Release) -> tuple[str, ...]:
    """Name the variables of a release that can run or reach something, or that nobody knows.

    They are for the GPUs that the profile is deployed on, not for the machine of who asks.
    """
    return tuple(v.name for v in release.environment if not _is_harmless(v.name, release))


def _is_harmless(name: str, release: Release) -> bool:
    catalogue = find_catalogue(release.engine.version)
    declared = catalogue is not None and name in catalogue.variables
    return of_variable(name, known=declared or bool(variable_lifetimes(name))) is None


def _readable(engine: Interpreter) -> list[Path]:
    """Give the folders that the engine's python is made of."""
    base = engine.python.resolve().parents[1]
    ours = Path(sys.base_prefix)  # the engine's environment was made with this Python
    found = [engine.python.parents[1], base, ours, *([engine.overlay] if engine.overlay else [])]
    return [path for path in dict.fromkeys(found) if path != Path("/")]


def _request(engine: Interpreter, releases: Sequence[Release], folder: Path) -> dict[str, Any]:
    questions = [_question(release, folder / "model") for release in releases]
    overlay = engine.overlay is not None
    return {"seconds": SECONDS, "overlay": overlay, "questions": questions}


def _question(release: Release, model: Path) -> dict[str, Any]:
    gpu = gpu_of(release.hardware.gpu)
    words: list[str] = []
    for argument in release.arguments:
        values = tuple(shown(argument.flag, value) for value in argument.values)
        values = (str(model),) if argument.flag == "--model-path" else values
        words += replace(argument, values=values).words()
    about = asdict(gpu) if gpu else None
    return {"gpu": about, "count": release.hardware.count, "arguments": words}


def _environ(
    engine: Interpreter, releases: Sequence[Release], folder: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """Give the release's variables and what isolates the process; the latter wins."""
    paths = [folder / "code", engine.overlay] if engine.overlay else [folder / "code"]
    return {
        **{name: environ[name] for name in _KEPT if name in environ},
        **{v.name: v.value for v in releases[0].environment if _is_harmless(v.name, releases[0])},
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


def _run(run: child.Runner, command: Sequence[str], env: Mapping[str, str]) -> None:
    doing = "resolving the arguments"
    try:
        run(command, doing=doing, env=env, on_line=lambda _line: None)
    except Failure as failure:
        if not any(sign in failure.message for sign in _TIMED_OUT):
            raise
        message = f"SGLang has not resolved the arguments within {SECONDS} s"
        raise Failure(message, hint="Is the machine very busy? Try again.") from failure


def _answers(reply: dict[str, Any], jail: Jail, without: tuple[str, ...]) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            outcome=answer["outcome"],
            message=answer["message"],
            where=answer["where"],
            values=tuple(Value(**value) for value in answer["values"]),
            said=tuple(Said(**line) for line in answer["said"]),
            variables=answer["variables"],
            packages=reply["packages"],
            pretended=tuple(reply["pretended"]),
            jail=jail.says,
            left_out=without,
        )
        for answer in reply["answers"]
    )
