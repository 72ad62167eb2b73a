"""The shapes of one deployment: their profiles are read, judged, and held against the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from deployer.behaviour.stated import UnsoundError
from deployer.compile.case import Case
from deployer.compile.shapes import LARGER, SMALLER, settled
from deployer.finding import Finding, Severity
from deployer.profile.layers import FALLBACK, Layered, Named, Text
from deployer.profile.partial import known, knows
from deployer.profile.section import Section
from deployer.profile.source import Source
from deployer.profile.wording import code, joined

if TYPE_CHECKING:
    from deployer.check.run import Judged
    from deployer.profile.model import Profile

KEY = "modal.fallback"

DEPLOYMENTS = frozenset(
    {
        "app", "environment", "label", "custom_domains", "tags", "schedule", "min_containers",
        "max_containers", "buffer_containers", "scaledown_window", "download", FALLBACK,
    }
)  # fmt: skip
"""Keys of `modal` that are the deployment's: those of the profile that names the others count."""

APIECE = frozenset({*SMALLER, *LARGER, "jit_caches", "kernels"})
"""Keys of `modal` that shapes may have apart (:mod:`deployer.compile.shapes`)."""

SHARED: dict[str, frozenset[str] | None] = {
    "model": frozenset({"source", "repo", "revision", "path", "served_name", "context_length"}),
    "engine": frozenset({"name", "version", "image", "registry_secret", "image_steps"}),
    "serving": None,
    "lora": frozenset({"adapters"}),
    "speculative": frozenset({"draft_model", "draft_revision"}),
    "observability": frozenset({"metrics"}),
    "modal": None,
}
"""Keys in which all shapes agree, by their section; None for all keys of it, but for those above.

One image is built, weights are downloaded once, and a client is told the same of every container:
the address, the key, the names, how long a request may be, the routes, how an answer is taken
apart."""

Judge = Callable[[Text, str], "Judged"]


def with_others(
    case: Case, text: Text, source: Source, judge: Judge
) -> tuple[Case, tuple[Finding, ...]]:
    """Give a profile with those that it falls back to, and what is wrong with them.

    Only those that are right, and agree with it, become shapes of it. ``judge`` reads another one.
    """
    names = known(lambda: case.profile.modal.fallback if case.profile.modal else ()) or ()
    there = {one.name: one for one in (text.named if isinstance(text, Layered) else ())}
    inside = text.environment if isinstance(text, Layered) else ""
    others: list[Case] = []
    findings: list[Finding] = []
    for at, name in enumerate(names):
        place = f"{KEY}[{at}]"
        one = there.get(name, Named(name, name, why_not="nobody looked for it here"))
        other, wrong = _judged(one, inside, place, judge)
        if other is not None and not wrong:
            wrong = [*_disagreeing(case, other, one, place)]
            wrong += _taken(one, other, (case, *others), place)
        findings += wrong
        if other is not None and not wrong:
            others.append(other)
    found = replace(case, others=tuple(others))
    if not findings:
        findings += _said(found)
    return found, tuple(source.located(one) for one in findings)


def _judged(one: Named, inside: str, place: str, judge: Judge) -> tuple[Case | None, list[Finding]]:
    """Read another profile and run the checks over it; it must be right."""
    if one.why_not:
        message = f"what this falls back to ({code(one.name)}) cannot be read: {one.why_not}"
        hint = "name a profile beside this one, or below the same repository"
        return None, [_error("fallback-not-read", place, message, hint)]
    judged = judge(one.within(inside), one.file)
    if (case := judged.whole) is not None and case.profile.modal and case.profile.modal.fallback:
        message = f"{one.file} falls back to others itself, and the order is one list in one file"
        hint = (
            "name them all here; where it extends this file, write `fallback: null` below its "
            "`modal`"
        )
        return None, [_error("fallback-not-read", place, message, hint)]
    wrong = [f for f in judged.findings if f.severity is Severity.ERROR and not f.allowed]
    if case is not None and not wrong:
        return case, []
    first = f": {wrong[0].message}" if wrong else ""
    ids = joined(dict.fromkeys(code(each.check) for each in wrong), "and")
    message = f"{one.file} is not right ({ids}){first}"
    hint = f"`deployer check {one.file}` says it at its place"
    return None, [_error("fallback-not-right", place, message, hint)]


def _disagreeing(case: Case, other: Case, one: Named, place: str) -> Iterator[Finding]:
    """Say in which keys two shapes differ that one deployment has but once."""
    ours, theirs = case.profile, other.profile
    for key, mine, its in _differing(ours, theirs):
        message = (
            f"`{key}` is {code(_shown(its))} in {one.file}, and {code(_shown(mine))} here: all "
            "shapes of one deployment have it in common"
        )
        hint = f"write the same in both; with `extends` it stands once ({one.file} over this file)"
        yield _error("shapes-disagree", place, message, hint)


def _differing(ours: Profile, theirs: Profile) -> Iterator[tuple[str, object, object]]:
    if knows(ours, "target") and ours.target != theirs.target:
        yield "target", ours.target, theirs.target
        return
    for section, keys in SHARED.items():
        if not knows(ours, section):
            continue
        mine, its = getattr(ours, section), getattr(theirs, section)
        kind = type(mine or its)
        names = (kind.model_fields if keys is None else keys) if mine or its else ()
        for name in sorted(names):
            if section == "modal" and name in DEPLOYMENTS | APIECE:
                continue
            if mine is not None and not knows(mine, name):
                continue
            values = [_value(kind, part, name) for part in (mine, its)]
            if values[0] != values[1]:
                yield f"{section}.{name}", values[0], values[1]


def _value(kind: type[Section], part: Section | None, name: str) -> object:
    """Give the value of a key; of a section that is not there, what it is by default."""
    return kind.model_fields[name].default if part is None else getattr(part, name)


def _shown(value: object) -> object:
    if isinstance(value, Section):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, tuple):
        return [_shown(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else value


def _taken(one: Named, other: Case, before: tuple[Case, ...], place: str) -> Iterator[Finding]:
    """Say that a container could not tell which of two shapes it is."""
    its = _gpus(other)
    if its in [known(partial(_gpus, each)) for each in before]:
        message = (
            f"{one.file} is for {other.alone.hardware}, which is a shape of this "
            "deployment already: a container could not tell which one it is"
        )
        hint = "give each shape another kind of GPU, or another number of them"
        yield _error("shape-taken-twice", place, message, hint)


def _gpus(case: Case) -> tuple[str, int]:
    hardware = case.profile.hardware
    return hardware.gpu.removesuffix("!"), hardware.count


def _said(case: Case) -> Iterator[Finding]:
    """Say what the shapes' own limits and timeouts come to."""
    try:
        cases = (case.alone, *(each.alone for each in case.others))
    except (UnsoundError, AttributeError):
        return
    for one in settled(cases):
        each = ", ".join(
            f"{_number(value)} of {shape.hardware}"
            for value, shape in zip(one.of, cases, strict=True)
        )
        which = "smallest" if one.name in SMALLER else "largest"
        number = _number(one.value)
        message = f"`modal.{one.name}` of the deployment is {number}, the {which}: {each}"
        hint = "a container may get any of these GPUs, and Modal knows one number for all"
        yield Finding("shape-limits", Severity.NOTE, KEY, message, hint)


def _number(value: float) -> str:
    return f"{value:g}" if value else "no limit"


def _error(check: str, path: str, message: str, hint: str) -> Finding:
    return Finding(check, Severity.ERROR, path, message, hint)
