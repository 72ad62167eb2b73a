"""A plan as JSON, for programs and for `deployer apply plan.json`, and back again.

A plan follows from the release, from what was found out, and from the prices. So that is what is
read back; the rest is reckoned again, and a file that says otherwise is refused. That it agrees
with itself makes it no plan of a profile: who carries it out compiles the profile that is in it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, get_args

from deployer.behaviour.checkpoints import Checkpoints
from deployer.codec import DecodeError, decode, encode, read_json
from deployer.errors import Failure, UsageError
from deployer.facts.prices import Prices
from deployer.lock.known import checkpoints
from deployer.lock.lock import FoundLock
from deployer.lock.lock import from_json as from_text
from deployer.plan.cost import Cost, Estimate
from deployer.plan.deployment import Plan, make_plan
from deployer.plan.standing import Deployed, PhaseFact, Source, Standing
from deployer.profile.layers import Layered, Named, Text, own
from deployer.release import Release
from deployer.report.envelope import envelope
from deployer.report.review_json import diff_value

FORMAT_VERSION = 1
"""Raised when a reader of the JSON would have to change."""

AGAIN = "`deployer plan PROFILE -o FILE` makes a new one"


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan that was read, and the texts of the profile and the lock that it says it is of."""

    plan: Plan
    profile: Text
    lock: str = ""


def to_json(plan: Plan, profile: Text = "", lock: str = "") -> str:
    """Write everything that the text says, the release, and the texts of profile and lock.

    The same bytes for the same plan. Without the profile it cannot be applied.
    """
    texts: dict[str, Any] = {"profile": own(profile), "lock": lock}
    if isinstance(profile, Layered):
        texts |= {"base": profile.base, "base_file": profile.base_file}
        texts |= {"in_environment": profile.environment}
        if profile.named:
            texts |= {"named": [_named_value(each) for each in profile.named]}
    return envelope({**_value(plan), **texts}, FORMAT_VERSION)


def from_json(text: str, file: str) -> Saved:
    """Read a plan; ``file`` is its name for messages.

    Raises UsageError for a damaged or edited file, and for one of another version.
    """
    try:
        value = read_json(text)
    except DecodeError as error:
        message = f"{file} is not a plan: {error}"
        raise UsageError(message, hint=AGAIN) from None
    found = value.get("format_version") if isinstance(value, dict) else None
    if found != FORMAT_VERSION:
        message = f"{file} is not a plan: it has no `format_version`"
        if found is not None:
            message = f"{file} is a plan of format {found!r:.40}, and only {FORMAT_VERSION} is read"
        raise UsageError(message, hint=AGAIN)
    try:
        plan = _plan(value, _facts(value["lock"]))
        saved = Saved(plan, _profile(value), _lock(value["lock"]))
        differing = _differing(read_json(to_json(saved.plan, saved.profile, saved.lock)), value)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Failure) as error:
        message = f"{file} is damaged: {_reason(error)}"
        raise UsageError(message, hint=AGAIN) from None
    if differing:
        message = (
            f"{file} says otherwise than its own release leads to, in {', '.join(differing)}: it "
            "was edited, or another version of deployer wrote it"
        )
        raise UsageError(message, hint=AGAIN)
    return saved


def _profile(value: dict[str, Any]) -> Text:
    """Take the texts of a profile: its own, and what it extends."""
    text = _text(value["profile"])
    if "base" not in value:
        return text
    base, file = _text(value["base"]), _text(value["base_file"])
    named = tuple(map(_named, value.get("named", [])))
    return Layered(text, base, file, environment=_text(value["in_environment"]), named=named)


def _named_value(one: Named) -> dict[str, str]:
    """Give the texts of a profile that another one falls back to."""
    layers = one.text if isinstance(one.text, Layered) else Layered(one.text)
    return {
        "name": one.name,
        "file": one.file,
        "text": layers.text,
        "base": layers.base,
        "base_file": layers.base_file,
    }


def _named(value: dict[str, Any]) -> Named:
    texts = {key: _text(value[key]) for key in ("name", "file", "text", "base", "base_file")}
    layers = Layered(texts["text"], texts["base"], texts["base_file"])
    whole = layers if layers.base_file else layers.text
    return Named(texts["name"], texts["file"], whole)


def _lock(value: object) -> str:
    """Take the text of a lock, or none. Raises LockError for another text."""
    text = _text(value)
    if text:
        from_text(text)
    return text


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error!s:.40}"
    readable = isinstance(error, (DecodeError, Failure))
    return str(error) if readable else "nothing can be reckoned from what it says"


def _value(plan: Plan) -> dict[str, Any]:
    deployed = plan.standing.deployed
    return {
        "name": plan.name,
        "target": plan.target,
        "app": plan.app,
        "environment": plan.environment,
        "version": plan.version,
        "digest": plan.digest,
        "fingerprint": plan.fingerprint,
        "file": plan.file,
        "takes_over": plan.takes_over,
        "nothing_to_do": plan.nothing_to_do,
        "deployed": None if deployed is None else encode(deployed),
        "source": plan.standing.source,
        "facts": encode(plan.standing.facts),
        "found": list(plan.standing.notes),
        "stated": encode(plan.stated),
        "prices": encode(plan.prices),
        "release": encode(plan.release),
        "diff": None if plan.diff is None else diff_value(plan.diff),
        "phases": [_phase(encode(phase), phase.cost) for phase in plan.phases],
        "cost": _cost(plan.cost),
        "change": encode(plan.change),
        "once": encode(plan.once),
        "notes": list(plan.notes),
        **({"others": [_cost(one) for one in plan.others]} if plan.others else {}),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {**encode(cost), "start": _estimate(cost.start)}


def _phase(value: dict[str, Any], cost: Estimate | None) -> dict[str, Any]:
    return {**value, "cost": None if cost is None else _estimate(cost)}


def _estimate(cost: Estimate) -> dict[str, Any]:
    """Give the dollars beside the minutes that they follow from."""
    return {
        **encode(cost),
        "dollars_at_least": cost.dollars_at_least,
        "dollars_at_most": cost.dollars_at_most,
    }


def _facts(lock: object) -> Checkpoints | None:
    """Give what the lock of a plan says of its repositories, as it was known when it was made."""
    text = _text(lock)
    return checkpoints(FoundLock("", from_text(text))) if text else None


def _plan(value: dict[str, Any], given: Checkpoints | None) -> Plan:
    """Reckon the plan anew from what the file says of the world."""
    if value["source"] not in get_args(Source):
        message = f"source: found {value['source']!r:.40}"
        raise DecodeError(message)
    deployed = value["deployed"]
    stated = value["stated"]
    standing = Standing(
        source=value["source"],
        deployed=None if deployed is None else decode(Deployed, deployed),
        facts=tuple(decode(PhaseFact, fact) for fact in _list(value["facts"])),
        notes=tuple(_text(note) for note in _list(value["found"])),
    )
    keys = None if stated is None else frozenset(_text(key) for key in _list(stated))
    return make_plan(
        Release.from_json(json.dumps(value["release"])),
        standing,
        decode(Prices, value["prices"]),
        written=None if keys is None else keys.__contains__,
        file=_mark(value["file"]),
        given=given,
    )


def _list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    message = f"expected a list, found {value!r:.40}"
    raise DecodeError(message)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    message = f"expected a text, found {value!r:.40}"
    raise DecodeError(message)


def _mark(value: object) -> str:
    """Take what a tag can carry: the mark of a file, or ''."""
    text = _text(value)
    if text and re.fullmatch(r"[A-Za-z0-9._-]{1,63}", text) is None:
        message = f"file: `{text:.40}` is no mark of a file"
        raise DecodeError(message)
    return text


def _differing(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    return sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
