"""How deployments stand, as text: what was seen is told apart from what is on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.cli.moments import ago, moment
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.local.status import LocalStatus
    from deployer.apply.modal.status import ModalStatus
    from deployer.apply.seen import Observed, Recorded

UNSEEN = {"not-asked": "not asked", "not-reached": "not reached", "not-there": "not there"}


def local_text(one: LocalStatus) -> str:
    """Write how a deployment on this machine stands."""
    rows = [
        ("state", one.state),
        ("seen", seen(one.observed)),
        ("verified", verified(one.recorded) if one.recorded.at else ""),
        ("endpoint", f"{one.url}/v1" if one.url else ""),
        ("model", one.model),
        ("engine", one.engine),
        ("memory", one.memory and f"at its start {one.memory}"),
        ("late", "; ".join(one.start)),
        ("since", moment(one.since)),
        ("restarts", str(one.restarts or "")),
        ("process", str(one.pid or "")),
        ("profile", one.profile),
        ("release", one.digest[:12]),
        ("last word", one.message),
    ]
    return _rows(one.name, rows)


def modal_text(one: ModalStatus) -> str:
    """Write how a deployment on Modal stands, or what is on record of it."""
    where = f"Modal, {one.environment}" if one.environment else "Modal"
    deployed = f"{one.version}, deployed {moment(one.since)}" if one.version else ""
    if one.observed is None or one.state == "not-there":
        deployed = f"{deployed} ({ago(one.since)}, on record)" if deployed else "none on record"
    count = one.containers
    now = "" if count is None else f", {count} container{'' if count == 1 else 's'} now"
    rows = [
        ("state", UNSEEN.get(one.state, one.state)),
        ("seen", seen(one.observed)),
        ("verified", verified(one.recorded)),
        ("where", f"{where}, app {one.app}"),
        ("endpoint", f"{one.url}/v1" if one.url else ""),
        ("model", one.model),
        ("engine", one.engine),
        ("hardware", one.hardware and f"{one.hardware}{now}"),
        ("shape", one.shape),
        ("memory", one.memory and f"at its start {one.memory}, on record"),
        ("late", f"at its start {'; '.join(one.start)}, on record" if one.start else ""),
        ("schedule", one.schedule),
        ("version", deployed),
        ("by", one.who),
        ("release", one.digest[:12]),
        ("note", one.message),
    ]
    return _rows(one.name, rows)


def seen(observed: Observed | None) -> str:
    """Write what was seen, and when; that nothing was is said where the reason stands."""
    return f"{ago(observed.at)}: {observed.what}" if observed else ""


def verified(recorded: Recorded) -> str:
    """Write what is on record of the last verification, and how old that is."""
    if recorded.unknown:
        return f"not known: {recorded.unknown}"
    if not recorded.at:
        return "nothing on record here"
    if not recorded.verified_at:
        return "on record, at a time that was not kept" if recorded.verified else "not on record"
    what = "each promise that was seen held" if recorded.verified else "not every promise held"
    return f"{what} {ago(recorded.verified_at)}, on record"


def _rows(name: str, rows: list[tuple[str, str]]) -> str:
    shown = (f"  {key:<9} {visible(value)}" for key, value in rows if value)
    return f"{visible(name)}\n" + "\n".join(shown)
