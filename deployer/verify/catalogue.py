"""The probes, listed by hand in the order in which they are asked."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.errors import UsageError
from deployer.verify.probes import (
    admin,
    auth,
    bad_requests,
    chat,
    completions,
    content,
    crowd,
    gone,
    health,
    huge_body,
    json_mode,
    json_schema,
    logprobs,
    long_prompt,
    metrics,
    models,
    prefix_cache,
    release,
    seed,
    several,
    spread,
    stop,
    stranger,
    stream,
    stream_shape,
    streamed_same,
    thinking,
    tool_choice,
    tool_pair,
    tool_stream,
    tools,
    unicode,
    unknown_model,
    usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Probe:
    """One promise: its name, and the function that asks.

    The function returns its verdict, or raises whatever its clients raise. ``form`` tells that it
    looks at no answer of the model, but at the server alone.
    """

    name: str
    ask: Callable[[Context, Check], Verdict]
    form: bool = False


PROBES = (
    Probe("health", health.ask, form=True),
    Probe("models", models.ask, form=True),
    Probe("chat", chat.ask),
    Probe("content", content.ask),
    Probe("stream", stream.ask),
    Probe("stream-shape", stream_shape.ask),
    Probe("streamed-same", streamed_same.ask),
    Probe("spread", spread.ask),
    Probe("unicode", unicode.ask),
    Probe("thinking", thinking.ask_on),
    Probe("no-thinking", thinking.ask_off),
    Probe("tools", tools.ask),
    Probe("tool-choice", tool_choice.ask),
    Probe("tool-stream", tool_stream.ask),
    Probe("tool-pair", tool_pair.ask),
    Probe("json-mode", json_mode.ask),
    Probe("json-schema", json_schema.ask),
    Probe("completions", completions.ask),
    Probe("logprobs", logprobs.ask),
    Probe("usage", usage.ask),
    Probe("stop", stop.ask),
    Probe("several", several.ask),
    Probe("seed", seed.ask),
    Probe("long-prompt", long_prompt.ask),
    Probe("crowd", crowd.ask),
    Probe("metrics", metrics.ask),
    Probe("prefix-cache", prefix_cache.ask),
    Probe("gone", gone.ask),
    Probe("unknown-model", unknown_model.ask, form=True),
    Probe("huge-body", huge_body.ask, form=True),
    Probe("auth", auth.ask, form=True),
    Probe("stranger", stranger.ask, form=True),
    Probe("admin", admin.ask, form=True),
    # What might harm the server comes last, but for what looks at all answers before.
    Probe("bad-requests", bad_requests.ask),
    Probe("release", release.ask, form=True),
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
