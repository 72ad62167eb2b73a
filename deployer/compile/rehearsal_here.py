"""The release as this machine can try it: a tiny model on a CPU, with the flags that one honors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from deployer.compile.rehearsal import ENDING, SOURCE
from deployer.compile.release import COMMAND
from deployer.facts.cpu import SWITCH
from deployer.facts.cpu_flags import unhonored
from deployer.facts.sglang.catalogue import Catalogue, load
from deployer.facts.sglang.loaders import FORMAT_FLAG, NOTHING
from deployer.facts.sglang.replacements import spell
from deployer.parse.secrets import shown
from deployer.release import Argument, Engine, Hardware, ModelSource, Release, Variable

POOL = 16384
"""Tokens of the KV pool: enough for a few requests, and little of this machine's memory."""

BATCH = 8
"""Requests at a time at most: the engine makes buffers for each."""

OURS = {
    SWITCH: "1",
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
    # What SGLang lets torch compile needs triton, which is not in the environment.
    "TORCHDYNAMO_DISABLE": "1",
}
"""Variables of the engine on this machine; what a profile says of them is for another one."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a release is not tried, in the words of its command line, and why."""

    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Tried:
    """The release for this machine, what of the author's own it passes, and what it leaves out."""

    release: Release
    passed: tuple[str, ...]
    left: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Here:
    """What this machine has: the engine's version, the tiny model, a free port, and minutes.

    ``variables`` are those that the tiny model needs; ``harmless`` says whether a variable runs and
    reaches nothing.
    """

    version: str
    folder: Path
    port: int
    minutes: int
    variables: dict[str, str]
    harmless: Callable[[str], bool]


def rehearsal_here(release: Release, here: Here) -> Tried:
    """Turn a release of any target into one for this machine's CPU, under another name.

    The door, its key, routes and bounds are the same. Each flag is said in the words of the engine
    that is here, and passed where a CPU honors it. Nothing warms it up.
    """
    catalogue = load(here.version)
    beside = {one.flag: one.values for one in release.arguments}
    arguments: list[Argument] = []
    left: list[LeftOut] = []
    for argument in release.arguments:
        found = _said(catalogue, argument, beside)
        if isinstance(found, str):
            left.append(LeftOut(_words(argument), found))
        else:
            arguments += found
    variables, unset = _variables(release, here)
    left += unset
    passed = tuple(dict.fromkeys(map(_words, arguments)))
    life = release.lifecycle
    made = replace(
        release,
        name=f"{release.name}{ENDING}",
        target="local",
        model=ModelSource("folder", f"a tiny model for {release.model.repo}", "", str(here.folder),
                          release.model.served_name),
        engine=Engine(release.engine.name, here.version, "", COMMAND),
        hardware=Hardware("none", 0),
        listen=replace(release.listen, host="127.0.0.1", port=here.port),
        arguments=(*arguments, *_ours(arguments, here)),
        environment=variables,
        lifecycle=replace(
            life, startup=min(life.startup, here.minutes * 60.0), restarts=0, budget=None
        ),
        warmup=(),
        beside=(),
        modal=None,
    )  # fmt: skip
    return Tried(made, passed, tuple(left))


def _words(argument: Argument) -> str:
    """Spell an argument, without what is secret in it."""
    values = tuple(shown(argument.flag, value) for value in argument.values)
    return " ".join(replace(argument, values=values).words())


def _said(
    catalogue: Catalogue, argument: Argument, beside: dict[str, tuple[str, ...]]
) -> list[Argument] | str:
    """Say an argument in the words of the engine that is here; why not where it is left out."""
    if why := unhonored(argument.flag, argument.values):
        return why
    words = spell(catalogue, argument.flag, argument.values, beside)
    if words is None:
        return f"SGLang {catalogue.version}, which runs here, cannot be told so"
    for flag, values in words:
        if why := unhonored(flag, values):
            return why
    for value in argument.values:
        if value.startswith("/") and not Path(value).exists():
            return f"there is no {value} on this machine"
    return [Argument(flag, values, argument.source) for flag, values in words]


def _ours(arguments: list[Argument], here: Here) -> Iterator[Argument]:
    said = {one.flag for one in arguments}
    yield Argument("--model-path", (str(here.folder),), SOURCE)
    yield Argument(FORMAT_FLAG, (NOTHING,), SOURCE)
    yield Argument("--max-total-tokens", (str(POOL),), SOURCE)
    if "--max-running-requests" not in said:
        yield Argument("--max-running-requests", (str(BATCH),), SOURCE)
    if "--sleep-on-idle" not in said:
        yield Argument("--sleep-on-idle", (), SOURCE)


def _variables(release: Release, here: Here) -> tuple[tuple[Variable, ...], list[LeftOut]]:
    ours = {**OURS, **here.variables}
    kept: list[Variable] = []
    left: list[LeftOut] = []
    for one in release.environment:
        if one.name in ours:
            continue
        why = ""
        if not here.harmless(one.name):
            why = "it can run or reach something, and is not for this machine"
        elif one.value.startswith("/") and not Path(one.value).exists():
            why = f"there is no {one.value} on this machine"
        if why:
            left.append(LeftOut(one.name, why))
        else:
            kept.append(one)
    return (*kept, *(Variable(name, value, SOURCE) for name, value in ours.items())), left
