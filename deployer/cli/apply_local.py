"""What plan, apply and rehearse do with a profile for this machine."""

from __future__ import annotations

import contextlib
import os
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.key_variable import settle
from deployer.cli.patient import patience
from deployer.cli.say import ask, can_ask, show, show_lines, tell
from deployer.cli.status_text import local_text as status_text
from deployer.errors import Failure, NotThere, UsageError
from deployer.extras import need
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.apply.local.apply import Applied
    from deployer.apply.local.parts import Parts
    from deployer.apply.local.status import LocalStatus
    from deployer.cli.gating import Shown
    from deployer.cli.manner import Asked, Manner
    from deployer.cli.planning import Meant
    from deployer.release import Release

__all__ = ["apply_profile", "plan_profile", "rehearse_profile", "status_text"]


def apply_profile(meant: Meant, manner: Manner, key_env: str | None) -> int:
    """Carry it out here; gives the exit code."""
    from deployer.cli.gating import as_text  # noqa: PLC0415 - only what is needed
    from deployer.cli.verdicts import tell_verdicts  # noqa: PLC0415 - as above

    release, profile = meant.release, meant.profile
    settle(release.listen.api_key_variable, profile, key_env)
    _refuse_for_modal(manner)
    need("aiohttp", "openai")
    before = _tell_changes(release)
    try:
        applied = apply_here(release, profile, manner)
    except Failure as failure:
        raise _gone_back(meant, manner, before, failure) from failure
    tell_verdicts(applied.verdicts)
    shown = _held(meant, applied, manner, before)
    kept = True
    if manner.evidence:
        from deployer.cli.evidence import keep_evidence  # noqa: PLC0415 - only where asked for

        kept = keep_evidence(profile, release, applied, shown, _start_seconds(applied))
    show(
        _json(applied, release, shown)
        if manner.form == "json"
        else _text(applied, release) + as_text(shown),
        end="",
    )
    return 0 if applied.verified and kept and not shown.failed else 1


def _refuse_for_modal(manner: Manner) -> None:
    """Raise UsageError for what only an apply on Modal takes."""
    if manner.candidate:
        message = "--candidate is for a live app on Modal, and this profile is for this machine"
        hint = (
            "leave it out: where memory allows, a new engine is started and warmed up beside the "
            "old one here, and only then the door turns to it"
        )
        raise UsageError(message, hint=hint)
    if patience().seconds is not None:
        message = "--timeout bounds what is asked of Modal, and this profile is for this machine"
        raise UsageError(message, hint="`lifecycle` in the profile bounds a start on this machine")


def rehearse_profile(meant: Meant, manner: Manner, minutes: int) -> int:
    """Rehearse it here; gives the exit code."""
    from deployer.cli.rehearsing_here import rehearse_here  # noqa: PLC0415 - only for a rehearsal

    need("aiohttp", "openai")
    return rehearse_here(meant, manner, minutes)


def plan_profile(meant: Meant, asked: Asked) -> int:
    """Show what an apply here would change, of the release and of what runs."""
    from deployer.apply.local.connection import current_release  # noqa: PLC0415 - only here
    from deployer.apply.local.folder import folder_of  # noqa: PLC0415 - as above
    from deployer.apply.local.state import read_state  # noqa: PLC0415 - as above
    from deployer.cli.take_over import on_record  # noqa: PLC0415 - only here
    from deployer.plan.diff import diff  # noqa: PLC0415 - as above

    _refuse_of_plan(asked)
    release = meant.release
    read_state(folder_of(release.name, os.environ))  # an apply refuses what cannot be read
    old = current_release(release.name)
    changes = None if old is None else diff(old, release, meant.written)
    standing = _standing(release.name)
    serves = standing is not None and standing.state == "serving"
    same = changes is not None and not changes and serves
    record = on_record(release, meant.profile)
    if asked.form == "json":
        from deployer.codec import encode  # noqa: PLC0415 - as above
        from deployer.report.review_json import diff_value  # noqa: PLC0415 - as above

        value = {
            "name": release.name,
            "target": release.target,
            "nothing_to_do": same,
            "on_record": None if record is None else record.value(),
            "diff": diff_value(changes) if changes else None,
            "state": standing.state if standing else None,
            "observed": encode(standing.observed) if standing and standing.observed else None,
        }
        show(envelope(value), end="")
    elif changes:
        from deployer.report.review_text import explained  # noqa: PLC0415 - as above

        lines = [f"  {record.sentence}"] if record and record.sentence else []
        show_lines(*explained(changes), f"  {changes.replaces}", *lines)
    else:
        show_lines(_unchanged(release.name, standing, compared=changes is not None))
        if changes is None:
            from deployer.report.contents import contents  # noqa: PLC0415 - as above

            show_lines(*contents(release))
        if record and record.sentence:
            show_lines(record.sentence)
    return asked.code(same=same)


def _unchanged(name: str, standing: LocalStatus | None, *, compared: bool) -> str:
    """Say what an apply does where the release is the same, or there is none to compare with."""
    if standing is None or not compared:
        return f"{name} is not deployed here yet."
    seen = standing.observed.what if standing.observed else standing.message
    if standing.state == "serving":
        return f"Nothing to do: it serves ({seen})."
    return f"The release is the same, and is started again: its state is {standing.state} ({seen})."


def _standing(name: str) -> LocalStatus | None:
    """Look how the deployment of that name stands on this machine; None where there is none."""
    from deployer.apply.local.status import status  # noqa: PLC0415 - only here

    with contextlib.suppress(NotThere):
        return status(name)[0]
    return None


def _refuse_of_plan(asked: Asked) -> None:
    """Raise UsageError for what says nothing of a profile for this machine."""
    if asked.candidate:
        message = "--candidate is for a live app on Modal, and this profile is for this machine"
        raise UsageError(message, hint="leave it out")
    if asked.out is not None:
        message = "a plan is written for Modal only, and this profile is for this machine"
        raise UsageError(message, hint="leave out -o: `deployer apply PROFILE` looks anew anyway")
    if asked.refresh_prices:
        message = "--refresh-prices asks Modal, and this profile is for this machine"
        raise UsageError(message, hint="leave it out: nothing is paid to anybody")


def _held(meant: Meant, applied: Applied, manner: Manner, before: Release | None) -> Shown:
    """Hold what serves now to the profile's objectives; what is unchanged only where asked to."""
    from deployer.apply.local.connection import connect  # noqa: PLC0415 - only to measure
    from deployer.cli.gating import NOTHING, Deployed, hold  # noqa: PLC0415 - only what is needed

    replaced = applied.outcome != "unchanged"
    if not replaced and not (manner.bench or manner.canary):
        return NOTHING
    back = None
    if replaced and before is not None and before.digest() != meant.release.digest():
        back = partial(_back, before, meant.profile, replace(manner, yes=True))
    deployed = Deployed(
        endpoint=lambda: connect(applied.name).endpoint(),
        verified=applied.verified,
        cold_start=_start_seconds(applied) if replaced else None,
        go_back=back,
    )
    return hold(meant, manner, deployed)


def _gone_back(meant: Meant, manner: Manner, before: Release | None, failure: Failure) -> Failure:
    """Go back from a release that never served, where that is asked for; gives what to raise."""
    from deployer.cli.gating import goes_back, went_back  # noqa: PLC0415 - only for a failure

    if before is None or before.digest() == meant.release.digest():
        return failure
    if not goes_back(meant, manner):
        return failure
    said = went_back(partial(_back, before, meant.profile, replace(manner, yes=True)))
    return Failure(f"{failure.message}; {said}", hint=failure.hint)


def _start_seconds(applied: Applied) -> float | None:
    """Give how long the start took, as the server's own boot record tells."""
    from deployer.apply.local.boots import boots  # noqa: PLC0415 - only for objectives

    found = boots(applied.folder / "events.jsonl")
    return found[-1].seconds if found else None


def _back(before: Release, profile: str, manner: Manner) -> str:
    """Serve the release before again; gives what came of it."""
    done = apply_here(before, profile, manner)
    how = "keeps its promises" if done.verified else "does NOT keep its promises"
    return f"gone back to release {before.digest()[:12]}, which serves and {how}"


def apply_here(
    release: Release, profile: str, manner: Manner, parts: Parts | None = None
) -> Applied:
    """Carry a release out, and ask who is at the terminal what must be asked."""
    from deployer.apply.local.apply import apply  # noqa: PLC0415
    from deployer.apply.local.parts import DEFAULT_PARTS  # noqa: PLC0415
    from deployer.cli.progress import PhaseLines  # noqa: PLC0415
    from deployer.cli.take_over import agreed_here  # noqa: PLC0415

    lines = PhaseLines()

    def agree() -> None:
        with lines.paused():
            agreed_here(release, profile, take_over=manner.take_over)

    def confirm(size: str) -> bool:
        if manner.yes or not can_ask():
            return manner.yes
        with lines.paused():
            return ask(f"The engine is not installed ({size}). Install it?")

    with lines:
        return apply(
            release,
            profile_path=str(Path(profile).resolve()),
            on_event=lines.tell,
            confirm_install=confirm,
            agree=agree,
            parts=parts or DEFAULT_PARTS,
        )


def _tell_changes(release: Release) -> Release | None:
    """Say what differs from what was applied last, before anything is touched; gives that."""
    from deployer.apply.local.connection import current_release  # noqa: PLC0415
    from deployer.apply.local.state import StateUnreadableError  # noqa: PLC0415
    from deployer.plan.diff import diff  # noqa: PLC0415
    from deployer.report.review_text import explained  # noqa: PLC0415

    try:
        old = current_release(release.name)
    except StateUnreadableError as error:
        tell(f"warning: {error.message}; it is replaced")
        return None
    found = diff(old, release) if old is not None else None
    if found is not None and found.changes:
        tell(f"What changes in {release.name}:")
        tell(*explained(found), f"  {found.replaces}")
    return old


def _text(applied: Applied, release: Release) -> str:
    from deployer.cli.naming import program  # noqa: PLC0415
    from deployer.cli.status_text import seen, verified  # noqa: PLC0415

    took = sum(phase.seconds for phase in applied.phases)
    rows = [
        ("seen", seen(applied.observed)),
        ("verified", verified(applied.recorded) if applied.observed else ""),
        ("endpoint", f"{applied.url}/v1"),
        ("model", release.model.served_name),
        ("says", applied.sample),
        ("API key", _key(applied, release)),
        ("log", f"{program()} logs -f {applied.name}"),
        ("stop", f"{program()} destroy {applied.name}"),
    ]
    head = f"{applied.name} {_found(applied)} ({applied.outcome}, {took:.0f} s)\n"
    shown = "".join(f"  {name:<9} {value}\n" for name, value in rows if value)
    return head + shown + _call(applied, release)


def _found(applied: Applied) -> str:
    """Say what was found out now; what an earlier apply found is in a row of its own."""
    if applied.observed is not None:
        return "serves; its promises were not tried again"
    from deployer.cli.verdicts import kept  # noqa: PLC0415 - only what the verb needs

    return kept(applied.verdicts) if applied.verified else "serves, and breaks a promise"


def _key(applied: Applied, release: Release) -> str:
    """Say where the key is. It is never shown: what is printed ends in files and in CI logs."""
    if applied.key_file is not None:
        return f"`cat {shlex.quote(str(applied.key_file))}` prints it"
    variable = release.listen.api_key_variable
    return f"the one in ${variable}" if variable else "none is asked for"


def _call(applied: Applied, release: Release) -> str:
    """Show how it is asked."""
    from deployer.report.calls import Credential, curl  # noqa: PLC0415

    variable, file = release.listen.api_key_variable, str(applied.key_file or "")
    sent = (Credential("Authorization", "Bearer ", variable, file),) if variable else ()
    return f"\n{curl(applied.url, release.model.served_name, sent)}"


def _json(applied: Applied, release: Release, shown: Shown) -> str:
    from deployer.codec import encode  # noqa: PLC0415
    from deployer.report.gates import value as gates  # noqa: PLC0415

    value = {
        "name": applied.name,
        "outcome": applied.outcome,
        "reason": applied.reason,
        "endpoint": f"{applied.url}/v1",
        "model": release.model.served_name,
        "digest": release.digest(),
        "api_key_file": str(applied.key_file) if applied.key_file else None,
        "verified": applied.verified,
        "verdicts": encode(applied.verdicts),
        "sample": applied.sample,
        "gates": gates(shown.gates),
        "back": shown.back,
        "observed": encode(applied.observed) if applied.observed else None,
        "recorded": encode(applied.recorded) if applied.observed else None,
        "phases": encode(applied.phases),
    }
    return envelope(value)
