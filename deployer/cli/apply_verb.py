"""`deployer apply`: carry a profile out."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from deployer.cli.completing import profiles
from deployer.cli.key_variable import KEY_ENV, settle
from deployer.cli.layers import environment_option
from deployer.cli.manner import Manner
from deployer.cli.notes import notes_options
from deployer.cli.patient import TIMEOUT, patience
from deployer.cli.say import ask, can_ask, show, tell
from deployer.errors import Failure, UsageError
from deployer.extras import need
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.apply.local.apply import Applied
    from deployer.cli.gating import Shown
    from deployer.cli.planning import Meant
    from deployer.release import Release
    from deployer.verify.endpoint import Endpoint


@click.command("apply")
@click.argument(
    "words", nargs=-1, required=True, metavar="PROFILE...|PLAN.json", shell_complete=profiles
)
@click.option("--yes", "-y", is_flag=True, help="Install the engine, or spend, without asking.")
@click.option(
    "--take-over", is_flag=True, help="Replace what the profile of another file deployed."
)
@click.option(
    "--verify/--no-verify", default=True, help="On Modal: wait for the server and verify it."
)
@click.option("--bench", is_flag=True, help="Then put load on it, as `objectives` says.")
@click.option("--canary", is_flag=True, help="Then ask it the canary's questions.")
@click.option(
    "--rollback-on-failure", "rollback", is_flag=True,
    help="Go back to the release before where a promise or an objective is not kept.",
)  # fmt: skip
@click.option("--evidence", is_flag=True, help="Write what the release showed beside its profile.")
@click.option(
    "--rehearse", is_flag=True,
    help="Start it once with noise for weights, under another name, and take it away.",
)  # fmt: skip
@click.option(
    "--here", is_flag=True,
    help="Rehearse on this machine's CPU: a tiny model of the same architecture.",
)  # fmt: skip
@click.option(
    "--rehearse-minutes", "minutes", type=click.IntRange(min=1, max=240), default=30,
    show_default=True, help="How long the start of a rehearsal may take.",
)  # fmt: skip
@click.option(
    "--candidate", is_flag=True,
    help="On Modal: prove it beside the live app first, and promote it only then.",
)  # fmt: skip
@click.option(
    "--candidate-minutes", "bound", type=click.IntRange(min=1, max=1440),
    help="How long a candidate may be there; by default its start-up budget and half an hour.",
)  # fmt: skip
@click.option(
    "--digest", default="", metavar="SHA256", help="Carry out this plan only; `plan -o` prints it."
)
@KEY_ENV
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@notes_options
@TIMEOUT
@environment_option
def command(  # noqa: PLR0913 - the options of the verb
    words: tuple[str, ...],
    digest: str,
    key_env: str | None,
    form: str,
    *,
    yes: bool,
    take_over: bool,
    verify: bool,
    bench: bool,
    canary: bool,
    rollback: bool,
    evidence: bool,
    rehearse: bool,
    here: bool,
    minutes: int,
    candidate: bool,
    bound: int | None,
) -> int:
    """Carry a profile out: on this machine, or on Modal; or a plan that `plan -o` wrote.

    On Modal it downloads the weights, compiles the kernels, deploys, waits and verifies, each only
    where it is needed, after saying what changes and what it costs. A failed phase is where the
    next apply goes on. Applying the same profile again does nothing. Exits 1 if the server does
    not keep every promise of its profile, or misses one of its `objectives`.

    What the profile of another file deployed under the same name or app, and what is up, is only
    replaced after asking: --yes alone does not agree to it, --take-over does.
    """
    from deployer.cli.many import each, meant  # noqa: PLC0415

    words = meant(words)
    if digest and len(words) > 1:
        message = "--digest pins one plan, and there are several words"
        raise UsageError(message, hint="carry that plan out by itself")
    manner = Manner(
        form,
        yes=yes,
        take_over=take_over,
        verify=verify,
        bench=bench,
        canary=canary,
        rollback=rollback,
        candidate=candidate,
        minutes=bound,
    )
    _refuse_candidate(manner, rehearse=rehearse)
    if evidence and (not verify or any(word.endswith(".json") for word in words)):
        message = "--evidence writes what a verified release showed, beside its profile"
        raise UsageError(message, hint="give the profile, and leave --no-verify out")
    if rehearse and (bench or canary or rollback or evidence or not verify):
        message = "a rehearsal has no weights, so nothing but its start and its form is judged"
        raise UsageError(message, hint="give --rehearse without what measures or goes back")
    if rehearse and digest:
        message = "--digest pins a plan, and a rehearsal makes its own"
        raise UsageError(message, hint="give it to the `apply` that comes after the rehearsal")
    if here and not rehearse:
        message = "--here is about a rehearsal: a profile says itself where an apply deploys it"
        raise UsageError(message, hint="add --rehearse, or leave it out")
    if (
        not rehearse
        and click.get_current_context().get_parameter_source("minutes")
        is not ParameterSource.DEFAULT
    ):
        message = "--rehearse-minutes bounds a rehearsal, and this would be an apply"
        raise UsageError(message, hint="add --rehearse, or leave it out")
    _refuse_unwaited(manner)

    def one(word: str) -> int:
        if rehearse:
            return _rehearse(word, manner, minutes, key_env, here=here)
        return _one(word, replace(manner, evidence=word if evidence else ""), digest, key_env)

    return each(words, one, form, changes=True)


def _refuse_unwaited(manner: Manner) -> None:
    """Raise UsageError for what is to be measured of a server that nobody waits for."""
    if not manner.verify and (manner.bench or manner.canary):
        message = (
            "--bench and --canary ask a server that was waited for, and --no-verify does not wait"
        )
        raise UsageError(message, hint="leave --no-verify out, or ask later: `deployer canary`")


def _refuse_candidate(manner: Manner, *, rehearse: bool) -> None:
    """Raise UsageError for options that say otherwise of a candidate."""
    if manner.candidate and (rehearse or not manner.verify):
        message = "a candidate has its weights and is verified before it is promoted"
        raise UsageError(message, hint="give --candidate without --rehearse and --no-verify")
    if manner.minutes is not None and not manner.candidate:
        message = "--candidate-minutes bounds a candidate, and this would be an apply without one"
        raise UsageError(message, hint="add --candidate, or leave it out")


def _refuse_candidate_here(manner: Manner) -> None:
    """Raise UsageError for a candidate on this machine, where an apply is as careful by itself."""
    if manner.candidate:
        message = "--candidate is for a live app on Modal, and this profile is for this machine"
        hint = (
            "leave it out: where memory allows, a new engine is started and warmed up beside the "
            "old one here, and only then the door turns to it"
        )
        raise UsageError(message, hint=hint)


def _one(profile: str, manner: Manner, digest: str, key_env: str | None) -> int:
    from deployer.cli.gating import as_text  # noqa: PLC0415
    from deployer.cli.planning import read  # noqa: PLC0415
    from deployer.cli.take_over import mark_of  # noqa: PLC0415
    from deployer.cli.verdicts import tell_verdicts  # noqa: PLC0415

    if profile.endswith(".json"):
        from deployer.cli.saved_plan import apply_plan  # noqa: PLC0415 - imports modal

        return apply_plan(profile, manner, digest=digest, key_env=key_env)
    if digest:
        message = "--digest pins a plan, and this is a profile"
        raise UsageError(message, hint="`deployer plan PROFILE -o FILE` writes a plan")
    meant = read(profile)
    release = meant.release
    if manner.evidence:
        from deployer.cli.evidence import refuse_unwritable_evidence  # noqa: PLC0415 - only then

        refuse_unwritable_evidence(profile)
    if manner.verify or release.target == "local":  # else no key is read
        settle(release.listen.api_key_variable, profile, key_env)
    if release.target != "local":
        need("modal", *(("openai",) if manner.verify else ()))
        from deployer.cli.apply_modal import apply_release  # noqa: PLC0415 - imports modal

        return apply_release(meant, mark_of(profile), manner)
    _refuse_candidate_here(manner)
    if patience().seconds is not None:
        message = "--timeout bounds what is asked of Modal, and this profile is for this machine"
        raise UsageError(message, hint="`lifecycle` in the profile bounds a start on this machine")
    need("aiohttp", "openai")
    before = _tell_changes(release)
    try:
        applied = _apply(release, profile, manner)
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


def _rehearse(
    profile: str, manner: Manner, minutes: int, key_env: str | None, *, here: bool
) -> int:
    from deployer.cli.planning import read  # noqa: PLC0415

    if profile.endswith(".json"):
        message = "a rehearsal is of a profile, and this is a plan"
        raise UsageError(message, hint="give the profile that the plan was made of")
    meant = read(profile)
    settle(meant.release.listen.api_key_variable, profile, key_env)
    if here or meant.release.target == "local":
        from deployer.cli.rehearsing_here import rehearse_here  # noqa: PLC0415 - on this machine

        need("aiohttp", "openai")
        return rehearse_here(meant, manner, minutes)
    from deployer.cli.rehearsing import rehearse  # noqa: PLC0415 - imports modal

    return rehearse(meant, manner, minutes)


def _held(meant: Meant, applied: Applied, manner: Manner, before: Release | None) -> Shown:
    """Hold what serves now to the profile's objectives; what is unchanged only where asked to."""
    from deployer.cli.gating import NOTHING, Deployed, hold  # noqa: PLC0415 - only what is needed

    replaced = applied.outcome != "unchanged"
    if not replaced and not (manner.bench or manner.canary):
        return NOTHING
    back = None
    if replaced and before is not None and before.digest() != meant.release.digest():
        back = partial(_back, before, meant.profile, replace(manner, yes=True))
    deployed = Deployed(
        endpoint=partial(_endpoint_here, applied.name),
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


def _endpoint_here(name: str) -> Endpoint:
    from deployer.apply.local.connection import connect  # noqa: PLC0415 - only to measure
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - as above

    here = connect(name)
    return Endpoint.from_release(here.release, here.url, here.api_key, here.guard)


def _start_seconds(applied: Applied) -> float | None:
    """Give how long the start took, as the server's own boot record tells."""
    from deployer.apply.local.boots import boots  # noqa: PLC0415 - only for objectives

    found = boots(applied.folder / "events.jsonl")
    return found[-1].seconds if found else None


def _back(before: Release, profile: str, manner: Manner) -> str:
    """Serve the release before again; gives what came of it."""
    done = _apply(before, profile, manner)
    how = "keeps its promises" if done.verified else "does NOT keep its promises"
    return f"gone back to release {before.digest()[:12]}, which serves and {how}"


def _apply(release: Release, profile: str, manner: Manner) -> Applied:
    from deployer.apply.local.apply import apply  # noqa: PLC0415
    from deployer.cli.progress import PhaseLines  # noqa: PLC0415
    from deployer.cli.take_over import agreed_here  # noqa: PLC0415

    lines = PhaseLines()

    def agree() -> None:
        with lines.paused():
            agreed_here(release, profile, take_over=manner.take_over)

    def confirm(size: str) -> bool:
        if manner.yes:
            return True
        if not can_ask():
            return False
        with lines.paused():
            return ask(f"The engine is not installed ({size}). Install it?")

    with lines:
        path = str(Path(profile).resolve())
        return apply(
            release,
            profile_path=path,
            on_event=lines.tell,
            confirm_install=confirm,
            agree=agree,
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
    head = f"{applied.name} {_standing(applied)} ({applied.outcome}, {took:.0f} s)\n"
    shown = "".join(f"  {name:<9} {value}\n" for name, value in rows if value)
    return head + shown + _curl(applied, release)


def _standing(applied: Applied) -> str:
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


def _curl(applied: Applied, release: Release) -> str:
    variable = release.listen.api_key_variable
    key = f"$(cat {shlex.quote(str(applied.key_file))})" if applied.key_file else f"${variable}"
    header = f' -H "Authorization: Bearer {key}"' if variable else ""
    body = json.dumps(
        {
            "model": release.model.served_name,
            "messages": [{"role": "user", "content": "Say hello."}],
        }
    )
    return (
        f"\n  curl {applied.url}/v1/chat/completions{header} \\\n"
        f"    -H 'Content-Type: application/json' -d '{body}'\n"
    )


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
