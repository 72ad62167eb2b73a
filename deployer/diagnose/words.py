"""The words for a diagnosis: the same in a container's log, an apply, a CI and `diagnose`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.diagnose import stages
from deployer.diagnose.boot import LAST, OTHER, TOTAL, USUAL

if TYPE_CHECKING:
    from deployer.diagnose.boot import Boot, Late, Slower, Stage
    from deployer.diagnose.diagnosis import Diagnosis, Reading

SHOWN = 0.05
"""Seconds of a start that nobody told of and that are shown: what rounds to more than none."""

OURS = "[deployer] "
"""How lines begin that the supervisor wrote into the engine's log."""

LIMIT = 500
"""Characters of an exception that are shown."""


def headline(found: Diagnosis) -> str:
    """Say the cause in one line, for the end of a sentence such as "the engine has ended"."""
    if found.name:
        return f"{found.cause} [{found.name}]"
    kind = "the first exception in its log" if found.proven else "the last exception in its log"
    return f"{kind} is not one that is known here: {_line(found.said)}"


def report(found: Diagnosis) -> tuple[str, ...]:
    """Say all that is known, in lines."""
    lines = [f"cause: {headline(found)}"]
    if found.name:
        lines.append(f"said: {_line(found.said)}")
    if not found.proven:
        lines.append("unproven: the log does not say that a process ended of it")
    if found.symptom:
        lines.append("symptom: others suffer this from a failure that the log does not tell")
    lines.append(f"told by: {_who(found)}")
    if found.where:
        lines.append(f"where: {found.where}")
    lines += [f"write {write.key}: {write.what}" for write in found.writes if write.key]
    lines += [f"or: {write.what}" for write in found.writes if not write.key]
    if found.link:
        lines.append(f"known from: {found.link}")
    return tuple(lines)


def nothing(reading: Reading) -> str:
    """Say where a log ends that tells of no failure, or not of which."""
    if reading.cut:
        return "a process of the engine ended, and of what is not in the log"
    if reading.stopped:
        return "no failure is told; the engine was asked to stop"
    where = stages.WORDS.get(reading.stage, "")
    if not where:
        return "no failure is told, and no line says how far the engine got"
    return f"no failure is told; the log ends while the engine is {where}"


def summary(boot: Boot) -> str:
    """Say in one line how long a start took, and what of it."""
    stages = [stage for name in boot.names() if (stage := boot.of(name))]
    parts = [f"{stage.name} {stage.seconds:.1f} s{_rate(stage)}" for stage in stages]
    if (unknown := boot.unknown()) >= SHOWN:
        parts.append(f"unknown {unknown:.1f} s")
    late = "".join(f", {over(each)}" for each in boot.late())
    return f"ready after {boot.seconds:.1f} s{late}: {', '.join(parts)}"


def over(one: Late) -> str:
    """Say of a stage, or of the whole start, that it took longer than it should have."""
    more = f"{one.seconds - one.allowed:.1f} s more than"
    if one.name == TOTAL:
        return f"{more} the {one.allowed:g} s of `lifecycle.start_budget`"
    return f"{one.name} {more} the {one.allowed:g} s of `lifecycle.stage_budgets`"


def passed(one: Late) -> str:
    """Say it of one that may go on."""
    key = "start_budget" if one.name == TOTAL else "stage_budgets"
    name = "the start" if one.name == TOTAL else one.name
    return f"{name}: more than {one.allowed:g} s (`lifecycle.{key}`)"


def slow(one: Slower) -> str:
    """Say of a stage, or of the whole, that it took longer than before."""
    name = "the whole start" if one.name == TOTAL else one.name
    if not one.usual:
        return f"{name} took {one.seconds:.1f} s, and the start before had none"
    usual = f"{one.usual:.1f} s"
    than = {
        LAST: f"the {usual} of the start before",
        USUAL: f"the usual {usual}",
        OTHER: f"the {usual} of the start before, of another release",
    }
    return f"{name} took {one.seconds:.1f} s, {one.ratio:.1f} times {than[one.than]}"


def standing(
    stage: str, seconds: float, budget: float, took: float = 0.0, allowed: float = 0.0
) -> str:
    """Say where a start stands: its stage, and how much of its time is gone.

    ``took`` is how long the stage has taken of the seconds that it is ``allowed``, if any.
    """
    where = stages.WORDS.get(stage, "starting the engine")
    whole = f"{seconds:.0f} of {budget:g} s"
    if not allowed:
        return f"{where}, {whole}"
    late = " (over its budget)" if took > allowed else ""
    return f"{where}, {took:.0f} of {allowed:g} s{late}; {whole} for all"


def _rate(stage: Stage) -> str:
    return f" ({stage.bytes / 1e9:.1f} GB, {stage.rate:.2f} GB/s)" if stage.told else ""


def _who(found: Diagnosis) -> str:
    unnamed = "its supervisor" if found.said.startswith(OURS) else "a process of the engine"
    parts = [found.who or unnamed]
    if found.rank:
        parts.append(f"rank {found.rank.removeprefix('rank ')}")
    if found.at:
        parts.append(found.at)
    if found.stage:
        parts.append(f"while {stages.WORDS[found.stage]}")
    parts.append(f"line {found.line}")
    if found.followed:
        parts.append(f"then {found.followed} more rank{'s' if found.followed > 1 else ''}")
    return ", ".join(parts)


def _line(said: str) -> str:
    text = " ".join(said.split())
    return text if len(text) <= LIMIT else f"{text[:LIMIT]}…"
