"""`deployer apply --rehearse` here: a tiny model of the same architecture, on the CPU."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.cli.say import show, show_lines, tell
from deployer.errors import DeployerError, Failure, Interrupted, NotThere
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.local.apply import Applied
    from deployer.apply.local.parts import Parts
    from deployer.cli.manner import Manner
    from deployer.cli.planning import Meant
    from deployer.compile.rehearsal_here import Tried
    from deployer.engine.small_model import SmallModel
    from deployer.release import Release

NOT_SHOWN = (
    "memory, kernels and graphs of a GPU, several GPUs, speed, and whether any answer makes sense"
)
"""What a rehearsal on a CPU says nothing of, whatever came of it."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is rehearsed: the release of the profile, what of it is tried, and on which model."""

    of: Release
    tried: Tried
    model: SmallModel


def rehearse_here(meant: Meant, manner: Manner, minutes: int, parts: Parts | None = None) -> int:
    """Start it on this machine's CPU, ask it a few things, and take it away.

    ``parts`` are what it is carried out with; by default the engine that is here. Gives 0 where it
    served and answered in form, 1 where not. Raises Failure where no config of its model is known
    here, where no tiny model can be made of it, and where it did not serve.
    """
    from deployer.cli.apply_local import apply_here  # noqa: PLC0415 - it comes here for this alone

    with tempfile.TemporaryDirectory(prefix="deployer-rehearsal-") as name:
        rehearsal = _prepared(meant, Path(name).resolve() / "model", minutes)
        tell(_what(rehearsal, minutes))
        try:
            release = rehearsal.tried.release
            applied = apply_here(release, meant.profile, manner, parts or _parts())
        except Interrupted:
            _take_away(rehearsal.tried.release.name)
            raise
        except Failure as failure:
            raise _not_served(rehearsal, failure) from failure
    trouble = _take_away(rehearsal.tried.release.name)
    if manner.form == "json":
        from deployer.report.envelope import envelope  # noqa: PLC0415 - only what is shown

        show(envelope(_value(rehearsal, applied, trouble)), end="")
    else:
        show_lines(*_lines(rehearsal, applied, trouble))
    return 0 if applied.verified and not trouble else 1


def _prepared(meant: Meant, folder: Path, minutes: int) -> Rehearsal:
    from deployer.compile.rehearsal_here import Here, rehearsal_here  # noqa: PLC0415 - only here
    from deployer.engine.model_config import model_config  # noqa: PLC0415 - as above
    from deployer.engine.resolve import is_harmless  # noqa: PLC0415 - as above
    from deployer.engine.small_model import make  # noqa: PLC0415 - as above
    from deployer.facts.cpu import RELEASES  # noqa: PLC0415 - as above

    release = meant.release
    locked = None if meant.case.lock is None else meant.case.lock.of("model")
    try:
        config = model_config(release.model, locked=locked)
    except Failure as failure:
        hint = f"`deployer lock {visible(meant.profile)}` asks the hub for it, and keeps it"
        raise Failure(failure.message, hint=hint) from failure
    model = make(config, folder)
    here = Here(
        version=RELEASES[-1],
        folder=folder,
        port=_free_port(),
        minutes=minutes,
        variables=dict(model.variables),
        harmless=lambda variable: is_harmless(variable, release),
    )
    return Rehearsal(release, rehearsal_here(release, here), model)


def _free_port() -> int:
    """Let the system choose a port; who takes it meanwhile is found out when the door listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _what(rehearsal: Rehearsal, minutes: int) -> str:
    made, version = rehearsal.tried.release, rehearsal.tried.release.engine.version
    return (
        f"A rehearsal of {visible(rehearsal.of.name)} on this machine's CPU, as {made.name}: "
        f"SGLang {version} with a tiny {visible(rehearsal.model.architecture)} whose weights are "
        f"noise. Its start may take {minutes} min; then it is asked a few things and taken away."
    )


def _parts() -> Parts:
    from deployer.apply.local.parts import DEFAULT_PARTS  # noqa: PLC0415 - only what is needed
    from deployer.verify.noise import of_noise  # noqa: PLC0415 - brings the SDK

    return replace(DEFAULT_PARTS, verify=of_noise, sample=lambda _: "")


def _not_served(rehearsal: Rehearsal, failure: Failure) -> Failure:
    """Say that it did not serve here, and that this alone says nothing against the profile."""
    name, model = rehearsal.tried.release.name, rehearsal.model
    hint = (
        f"a CPU may be unable to run a {model.architecture} at all, so this says nothing of the "
        f"GPUs; `deployer destroy {name}` removes what is left of it"
    )
    parts = (failure.hint, hint)
    return Failure(
        f"the rehearsal did not serve on this machine: {failure.message}",
        hint="; ".join(part for part in parts if part),
    )


def _take_away(name: str) -> str:
    """End it and remove its folder; gives what stood in the way, '' for nothing."""
    from deployer.apply.local.destroy import destroy  # noqa: PLC0415 - only what the verb needs

    try:
        with contextlib.suppress(NotThere):
            destroy(name, on_event=lambda _: None, environ=os.environ)
    except DeployerError as error:
        trouble = f"the rehearsal could not be taken away: {error.message}"
        tell(visible(trouble), f"  hint: `deployer destroy {name}` tries again")
        return trouble
    return ""


def _lines(rehearsal: Rehearsal, applied: Applied, trouble: str) -> list[str]:
    from deployer.cli.verdicts import tell_verdicts  # noqa: PLC0415 - only what is shown

    tell_verdicts(applied.verdicts)
    model, tried = rehearsal.model, rehearsal.tried
    how = "served here" if applied.verified else "served here, with faults"
    took = sum(phase.seconds for phase in applied.phases)
    left = "" if trouble else "; nothing of it is left"
    lines = [
        f"{visible(applied.name)} {how} ({took:.0f} s){left}",
        f"  model     a tiny {visible(model.architecture)}, from {visible(model.source)}",
        f"  made      {', '.join(_sizes(model))}",
        f"  engine    {_engine(rehearsal)}",
        f"  taken     {len(tried.passed)} of its flags: {visible(', '.join(tried.passed))}",
        "  not tried:",
    ]
    lines += [f"    {visible(one.words)}: {visible(one.why)}" for one in tried.left]
    lines += [f"    {visible(one)}" for one in model.lacks]
    return [*lines, f"  It says nothing of {NOT_SHOWN}."]


def _sizes(model: SmallModel) -> list[str]:
    return [f"{key} {new} for {old}" for key, (old, new) in model.sizes.items()]


def _engine(rehearsal: Rehearsal) -> str:
    here, own = rehearsal.tried.release.engine.version, rehearsal.of.engine.version
    other = "" if here == own else f"; the profile's is {own}, which is not for a CPU"
    return f"SGLang {here}{other}"


def _value(rehearsal: Rehearsal, applied: Applied, trouble: str) -> dict[str, Any]:
    from deployer.codec import encode  # noqa: PLC0415 - only what is shown

    model, tried = rehearsal.model, rehearsal.tried
    return {
        "name": applied.name,
        "of": rehearsal.of.digest(),
        "served": applied.verified,
        "engine": tried.release.engine.version,
        "architecture": model.architecture,
        "config": model.source,
        "sizes": {key: {"of": old, "tried": new} for key, (old, new) in model.sizes.items()},
        "passed": list(tried.passed),
        "not_tried": [*encode(tried.left), *({"words": "", "why": one} for one in model.lacks)],
        "not_shown": NOT_SHOWN,
        "verdicts": encode(applied.verdicts),
        "phases": encode(applied.phases),
        "left": trouble,
    }
