"""What the engine does otherwise although the profile says the same of it: changed defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deployer.behaviour.subject import Decision
from deployer.facts.sglang.catalogue import Catalogue, Option
from deployer.plan.sides import Sides

UNSET = "not set"
"""The text of a default that is nothing: often the engine then works a value out."""

UNKNOWN = "not known here"
"""The text of a decision of the engine whose rule is not known here."""

COMPUTED = "computed"
"""The text of a default that only the running engine knows."""


@dataclass(frozen=True, slots=True)
class ChangedDefault:
    """One flag or variable that the profile does not state, with its default in both releases."""

    what: str
    old: str
    new: str
    help: str = ""


def changed_defaults(sides: Sides) -> tuple[ChangedDefault, ...]:
    """Give what the engine decides otherwise, then options and variables with another default.

    What either side states is left out: that is a change, or none. Of one release only decisions
    can differ, on another GPU or beside other options. Nothing where a release has no catalogue.
    """
    old, new = sides.old_catalogue, sides.new_catalogue
    if old is None or new is None:
        return ()
    if old.version == new.version:
        return tuple(_decisions(sides))
    return (*_decisions(sides), *_options(sides, old, new), *_variables(sides, old, new))


def _decisions(sides: Sides) -> Iterator[ChangedDefault]:
    """Give what is decided when the engine starts, and stands in no catalogue.

    What both sides state and get is the author's; what is not known on either side is not said.
    """
    pairs = zip(sides.before.resolved.decisions, sides.after.resolved.decisions, strict=True)
    for (what, old), (_, new) in pairs:
        if old.value == new.value or (old.stated and new.stated):
            continue
        if old.known or new.known:
            rule = new.source if not new.stated else old.source
            yield ChangedDefault(what, decided(old), decided(new), f"decided at the start: {rule}")


def decided(decision: Decision[Any]) -> str:
    """Give a decision as a reader knows it."""
    if decision.value is None:
        return UNKNOWN
    if isinstance(decision.value, tuple):
        return f"up to {max(decision.value, default=0)}, {len(decision.value)} sizes"
    return str(decision.value) or "off"


def _options(sides: Sides, old: Catalogue, new: Catalogue) -> Iterator[ChangedDefault]:
    flags = {a.flag for side in (sides.old, sides.new) for a in side.arguments}
    stated = {o.dest for flag in flags for o in (old.find(flag), new.find(flag)) if o}
    for option in new:
        before = _same(option, old)
        if before is None or option.dest in stated or option.stores is not None:
            continue
        stated.add(option.dest)
        if shown_default(before) != shown_default(option):
            yield ChangedDefault(
                option.name, shown_default(before), shown_default(option), option.first_sentence
            )


def _same(option: Option, old: Catalogue) -> Option | None:
    """Find the option in the older release by any of its spellings."""
    found = (old.find(string) for string in option.strings if not string.startswith("--no-"))
    return next((one for one in found if one is not None), None)


def _variables(sides: Sides, old: Catalogue, new: Catalogue) -> Iterator[ChangedDefault]:
    stated = {v.name for side in (sides.old, sides.new) for v in side.environment}
    for name in sorted((old.variables.keys() & new.variables.keys()) - stated):
        before, after = old.variables[name], new.variables[name]
        if before != after:
            yield ChangedDefault(name, shown_value(before), shown_value(after))


def shown_default(option: Option) -> str:
    """Give an option's default as a reader knows it: `on`, `off`, a value, `not set`."""
    return COMPUTED if option.default_from else shown_value(option.default)


def shown_value(value: object) -> str:
    """Give a value of a catalogue as a reader knows it."""
    if value is None:
        return UNSET
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else json.dumps(value)
