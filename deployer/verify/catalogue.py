"""The probes, listed by hand in the order in which they are asked."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.errors import UsageError
from deployer.verify.probes import (
    auth,
    chat,
    completions,
    health,
    json_mode,
    metrics,
    models,
    release,
    stream,
    thinking,
    tools,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Probe:
    """One promise: its name, and the function that asks.

    The function returns its verdict, or raises whatever its clients raise.
    """

    name: str
    ask: Callable[[Context, Check], Verdict]


PROBES = (
    Probe("health", health.ask),
    Probe("models", models.ask),
    Probe("chat", chat.ask),
    Probe("stream", stream.ask),
    Probe("thinking", thinking.ask_on),
    Probe("no-thinking", thinking.ask_off),
    Probe("tools", tools.ask),
    Probe("json-mode", json_mode.ask),
    Probe("completions", completions.ask),
    Probe("metrics", metrics.ask),
    Probe("auth", auth.ask),
    # Last, for it looks at all answers before.
    Probe("release", release.ask),
)


def selected(names: Collection[str] | None) -> tuple[Probe, ...]:
    """Give the probes of these names in the catalogue's order; None is all of them.

    Raises :class:`~deployer.errors.UsageError` for a name that is none, and for no name at all.
    """
    if names is None:
        return PROBES
    known = [probe.name for probe in PROBES]
    if not names:
        msg = "no probe is selected, so that nothing would be verified"
        raise UsageError(msg, hint=f"the probes are: {', '.join(known)}")
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the probes are: {', '.join(known)}"
            msg = f"there is no probe {name!r}"
            raise UsageError(msg, hint=hint)
    return tuple(probe for probe in PROBES if probe.name in names)
