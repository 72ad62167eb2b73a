"""What plan, apply and rehearse do with a profile for Modal."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from deployer.cli.key_variable import settle
from deployer.cli.say import show, show_as, tell
from deployer.cli.status_text import modal_text as status_text
from deployer.cli.writing import write_file
from deployer.errors import Failure, UsageError
from deployer.extras import need
from deployer.files import is_there
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.apply.modal.apply import Applied
    from deployer.apply.modal.client import Account
    from deployer.cli.gating import Shown
    from deployer.cli.manner import Asked, Manner
    from deployer.cli.planning import Meant
    from deployer.plan.deployment import Plan
    from deployer.release import Release
    from deployer.report.calls import Credential


__all__ = ["apply_profile", "plan_profile", "rehearse_profile", "status_text"]

PROOF = frozenset({"wait", "verify"})
"""The phases that only look, which `--no-verify` leaves out."""


def apply_profile(meant: Meant, manner: Manner, key_env: str | None) -> int:
    """Plan, ask, and carry out; gives the exit code."""
    from deployer.apply.modal.accounts import account as account_at  # noqa: PLC0415 - only to ask
    from deployer.cli.planning import live_plan  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.take_over import mark_of  # noqa: PLC0415 - as above

    if manner.verify:  # else no key is read
        settle(meant.release.listen.api_key_variable, meant.profile, key_env)
    need("modal", *(("openai",) if manner.verify else ()))
    modal = meant.release.modal
    account = account_at(modal.environment if modal else "")
    plan = live_plan(account, meant, mark_of(meant.profile))
    return carry_out(account, plan, manner, meant)


def rehearse_profile(meant: Meant, manner: Manner, minutes: int) -> int:
    """Rehearse it on Modal; gives the exit code."""
    from deployer.cli.rehearsing import rehearse  # noqa: PLC0415 - imports modal

    return rehearse(meant, manner, minutes)


def plan_profile(meant: Meant, asked: Asked) -> int:
    """Show what an apply on Modal would do and cost, and write it where that is asked for."""
    from deployer.cli.planning import plan_of  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.take_over import mark_of  # noqa: PLC0415 - as above

    if asked.refresh_prices:
        from deployer.apply.modal.prices import refresh  # noqa: PLC0415 - imports modal

        refresh()
    plan = plan_of(meant, mark_of(meant.profile), offline=asked.offline)
    if asked.out:
        _write(plan, meant, asked.out)
    if asked.candidate:
        from deployer.plan.candidate import with_candidate  # noqa: PLC0415 - only where asked for

        plan = with_candidate(plan)
    show_as(asked.form, _shown(plan, meant, asked.form))
    return asked.code(same=plan.nothing_to_do)


def _shown(plan: Plan, meant: Meant, form: str) -> str:
    if form == "json":
        from deployer.report.plan_json import to_json  # noqa: PLC0415 - only for this form

        return to_json(plan, meant.text, meant.lock)
    from deployer.report.plan_text import text  # noqa: PLC0415 - as above

    return text(plan)


def _write(plan: Plan, meant: Meant, out: str) -> None:
    from deployer.cli.saved_plan import written_as  # noqa: PLC0415 - only for this option
    from deployer.report.plan_json import to_json  # noqa: PLC0415 - as above

    if plan.standing.offline:
        message = "a plan that was made offline cannot be applied, so it is not written"
        raise UsageError(message, hint="leave out -o, or make it with a Modal token")
    text = to_json(plan, meant.text, meant.lock)
    write_file(out, text)
    written_as(text, out)


def carry_out(account: Account, plan: Plan, manner: Manner, meant: Meant) -> int:
    """Show a plan, ask, and carry it out; gives the exit code.

    What is ``meant`` is a profile: what its lock lists is what is downloaded, and what serves then
    is held to its objectives.
    """
    from deployer.cli.unchanged import unchanged  # noqa: PLC0415 - as above
    from deployer.cli.where import consent  # noqa: PLC0415 - as above
    from deployer.report.plan_text import summary, text  # noqa: PLC0415 - as above

    plan = _with_candidate(plan, manner)
    tell(text(plan) + "\n", end="")
    steps = {phase.phase for phase in plan.phases if phase.runs}
    if not (steps if manner.verify else steps - PROOF):
        return unchanged(account, plan, manner.form, verify=manner.verify)
    if plan.takes_over:
        from deployer.cli.take_over import agreed_for  # noqa: PLC0415 - only where it does

        agreed_for(plan, take_over=manner.take_over)
    from deployer.apply.modal.secrets import key_for  # noqa: PLC0415 - imports modal
    from deployer.cli.making_keys import make_what_is_missing  # noqa: PLC0415 - as above

    make_what_is_missing(account, plan.release, yes=manner.yes, settled=manner.verify)
    key = key_for(plan.release, verify=manner.verify)
    refuse_missing_secrets(account, plan.release)
    consent(f"{summary(plan)} Go on?", yes=manner.yes)
    try:
        return _carried_out(account.anew(), plan, key, manner, meant)
    finally:
        account.changed()


def _carried_out(
    account: Account, plan: Plan, key: str | None, manner: Manner, meant: Meant
) -> int:
    """Carry out what is agreed to, by an account that remembers nothing."""
    from deployer.apply.modal.apply import Pipeline  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.cli.candidate import Gate  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.carrying_out import carrying_out  # noqa: PLC0415 - as above

    gate = Gate(plan, key, manner, meant)
    try:
        with carrying_out() as (lines, parts):
            records, lock = Records(), meant.case.lock
            prove = gate.candidate(account, records, lines, parts)
            pipeline = Pipeline(account, records, plan.release, lines.tell, parts, lock, prove)
            try:
                applied = pipeline.run(plan, key)
            except Failure as failure:
                if gate.is_shut(failure):
                    raise
                raise _gone_back(account, plan, failure, manner, meant) from failure
    except Failure as failure:
        if gate.is_shut(failure):
            return gate.tell(failure)
        raise
    shown = _held(account, plan, applied, manner, meant, gate.shown)
    kept = True
    if manner.evidence:
        from deployer.cli.evidence import keep_evidence  # noqa: PLC0415 - only where asked for

        took, of = start_seconds(applied), plan.release
        kept = keep_evidence(manner.evidence, of, applied, shown, took, applied.shape)
    show_applied(applied, plan.release, manner.form, shown)
    return 1 if applied.verified is False or shown.failed or not kept else 0


def _gone_back(
    account: Account, plan: Plan, failure: Failure, manner: Manner, meant: Meant
) -> Failure:
    """Go back from a version that never served, where that is asked for; gives what to raise."""
    from deployer.cli.gating import goes_back, went_back  # noqa: PLC0415 - only for a failure

    app = account.app(plan.app) if plan.deploys and goes_back(meant, manner) else None
    before = plan.standing.deployed
    if app is None or app.version <= (before.version if before else 0):
        return failure
    said = went_back(partial(_back, account, plan.app) if app.version > 1 else None)
    return Failure(f"{failure.message}; {said}", hint=failure.hint)


def _held(
    account: Account,
    plan: Plan,
    applied: Applied,
    manner: Manner,
    meant: Meant,
    before: Shown | None,
) -> Shown:
    """Hold what was deployed to its objectives; go back where one fails and that is asked for.

    What a candidate of this release showed ``before`` is not measured again.
    """
    from deployer.apply.modal.address import endpoint_of  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.secrets import key_for  # noqa: PLC0415 - as above
    from deployer.cli.gating import NOTHING, Deployed, hold, promoted  # noqa: PLC0415 - only what is needed

    if not manner.verify:
        return NOTHING
    deployed = Deployed(
        endpoint=partial(
            endpoint_of, plan.release, applied.url, key_for(plan.release, verify=True)
        ),
        verified=applied.verified,
        cold_start=start_seconds(applied) if plan.deploys else None,
        go_back=partial(_back, account, applied.app)
        if plan.deploys and applied.version > 1
        else None,
    )
    if before is not None:
        return promoted(meant, manner, deployed, before)
    return hold(meant, manner, deployed)


def _with_candidate(plan: Plan, manner: Manner) -> Plan:
    """Put a candidate into the plan where one is asked for and there is something to prove."""
    if not manner.candidate:
        return plan
    from deployer.plan.candidate import with_candidate  # noqa: PLC0415 - only where asked for

    if not plan.deploys:
        tell("Nothing is deployed anew, so there is nothing for a candidate to prove.")
    return with_candidate(plan, manner.minutes)


def start_seconds(applied: Applied) -> float | None:
    """Give the seconds from no container to the first answer; None where nobody waited."""
    return next((phase.seconds for phase in applied.phases if phase.phase == "wait"), None)


def _back(account: Account, app: str) -> str:
    """Make the version before the current one; gives what came of it."""
    from deployer.apply.modal.history import choose, versions, with_releases  # noqa: PLC0415
    from deployer.apply.modal.records import Records  # noqa: PLC0415
    from deployer.apply.modal.secrets import key_for  # noqa: PLC0415
    from deployer.cli.rollback_verb import carried_back  # noqa: PLC0415

    records = Records()
    found = versions(account, app)
    (chosen,) = with_releases(account, records, app, (choose(found, ""),))
    if chosen.release is None:
        message = f"the release of version {chosen.number} is recorded nowhere"
        raise Failure(message, hint="`modal app rollback` can go back to it, unverified")
    key = key_for(chosen.release, verify=True)
    done = carried_back(account, records, app, found, chosen, key)
    how = "keeps its promises" if done.verified else "does NOT keep its promises"
    return f"gone back to version {chosen.number}, which serves and {how}"


def refuse_missing_secrets(account: Account, release: Release) -> None:
    """Raise Failure, before any money is spent, where a secret is not there."""
    from deployer.apply.modal.secrets import named_secrets, refuse_unknown_token  # noqa: PLC0415
    from deployer.apply.modal.standing import missing_secrets  # noqa: PLC0415 - as above
    from deployer.apply.modal.words import secret_hint  # noqa: PLC0415 - as above

    refuse_unknown_token(release)
    if missing := missing_secrets(account, release):
        named = (one for one in named_secrets(release) if f"`{one.name}`" in missing[0])
        first = next(named)
        variable = next(iter(first.variables), "")
        hint = secret_hint(first.name, variable, made_up=first.purpose == "the API key")
        raise Failure("; ".join(missing), hint=hint)


def show_applied(applied: Applied, release: Release, form: str, shown: Shown | None = None) -> None:
    """Write the result to stdout, and the verdicts to stderr."""
    from deployer.cli.gating import NOTHING, as_text  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.verdicts import tell_verdicts  # noqa: PLC0415 - as above

    held = shown or NOTHING

    tell_verdicts(applied.verdicts)
    if applied.unnoted:
        tell(f"{visible(applied.unnoted)}. `deployer verify {visible(applied.name)}` tries again.")
    if form == "json":
        show(_json(applied, release, held), end="")
    else:
        show_as("text", _text(applied, release) + as_text(held))


def _text(applied: Applied, release: Release) -> str:
    from deployer.cli.naming import program  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.verdicts import kept  # noqa: PLC0415 - as above

    standing = {
        True: kept(applied.verdicts),
        False: "serves, and breaks a promise",
        None: "is deployed, and was not asked",
    }[applied.verified]
    variable = release.listen.api_key_variable
    took = sum(phase.seconds for phase in applied.phases)
    rows = [
        ("endpoint", f"{applied.url}/v1"),
        ("model", release.model.served_name),
        ("shape", "" if applied.verified is None else _shape(applied, release)),
        ("API key", f"the one in the secret `{_secret(release)}`" if variable else "none"),
        ("proxy", "Modal asks for a proxy token" if _proxied(release) else ""),
        ("says", applied.sample),
        ("log", f"{program()} logs -f {applied.name}"),
        ("back", f"{program()} rollback {applied.name}" if applied.version > 1 else ""),
        ("stop", f"{program()} destroy {applied.name}"),
    ]
    head = f"{applied.name} {standing} (version {applied.version}, {took:.0f} s)\n"
    shown = "".join(f"  {name:<9} {value}\n" for name, value in rows if value)
    return head + shown + _calls(applied, release)


def _shape(applied: Applied, release: Release) -> str:
    """Say which of several shapes was asked for its promises; '' where there is but one."""
    if not release.shapes:
        return ""
    one = applied.shape or "one that was not told"
    return f"{one} of {release.gpus}; the promises are not of the others"


def _calls(applied: Applied, release: Release) -> str:
    """Show how it is called: with what, and in which header."""
    from deployer.report.calls import curl, openai_sdk  # noqa: PLC0415 - only what the verb needs

    sent = credentials_of(release)
    model = release.model.served_name
    return f"\n{curl(applied.url, model, sent)}\n{openai_sdk(applied.url, model, sent)}"


def credentials_of(release: Release) -> tuple[Credential, ...]:
    """Say what a client of a release sends, and where a value is that was made here."""
    from deployer.apply.modal.private import Private  # noqa: PLC0415 - as above
    from deployer.apply.modal.proxy_token import ID, KEY_HEADER, SECRET, SECRET_HEADER  # noqa: PLC0415 - as above
    from deployer.apply.modal.secrets import key_file  # noqa: PLC0415 - as above
    from deployer.report.calls import Credential  # noqa: PLC0415 - as above

    variable, path = release.listen.api_key_variable, key_file(release)
    kept = _kept(variable, path)
    key = (Credential("Authorization", "Bearer ", variable, kept),) if variable else ()
    if release.modal is None or not release.modal.proxied:
        return key
    first, second = Private(release.modal.environment).token_files
    token = (
        Credential(KEY_HEADER, "", ID, _kept(ID, first)),
        Credential(SECRET_HEADER, "", SECRET, _kept(SECRET, second)),
    )
    return (*key, *token)


def _kept(variable: str, path: Path | None) -> str:
    """Give the file that holds what the variable does not; '' where there is none."""
    return str(path) if path is not None and not os.environ.get(variable) and is_there(path) else ""


def _secret(release: Release) -> str:
    return release.modal.api_key_secret if release.modal else ""


def _proxied(release: Release) -> bool:
    return release.modal is not None and release.modal.proxied


def _json(applied: Applied, release: Release, shown: Shown) -> str:
    from deployer.codec import encode  # noqa: PLC0415 - only for this form
    from deployer.report.gates import value as gates  # noqa: PLC0415 - as above

    value = {
        "name": applied.name,
        "app": applied.app,
        "outcome": applied.outcome,
        "version": applied.version,
        "endpoint": f"{applied.url}/v1",
        "model": release.model.served_name,
        "digest": applied.digest,
        "shape": applied.shape if release.shapes else "",
        "verified": applied.verified,
        "verdicts": encode(applied.verdicts),
        "sample": applied.sample,
        "gates": gates(shown.gates),
        "back": shown.back,
        "phases": encode(applied.phases),
        "unnoted": applied.unnoted,
    }
    return envelope(value)
