"""`deployer apply` of a profile for Modal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deployer.cli.say import show, tell
from deployer.errors import Failure, UsageError
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.modal.apply import Applied
    from deployer.apply.modal.client import Account
    from deployer.cli.manner import Manner
    from deployer.cli.planning import Meant
    from deployer.lock.lock import Lock
    from deployer.plan.deployment import Plan
    from deployer.release import Release
    from deployer.report.calls import Credential


PROOF = frozenset({"wait", "verify"})
"""The phases that only look, which `--no-verify` leaves out."""


def apply_release(meant: Meant, file: str, manner: Manner) -> int:
    """Plan, ask, and carry out; ``file`` is the mark of the profile's file."""
    from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal
    from deployer.cli.planning import live_plan  # noqa: PLC0415 - only what the verb needs

    modal = meant.release.modal
    account = Account(modal.environment if modal else "")
    plan = live_plan(account, meant, file)
    return carry_out(account, plan, manner, meant.case.lock)


def carry_out(account: Account, plan: Plan, manner: Manner, lock: Lock | None = None) -> int:
    """Show a plan, ask, and carry it out; gives the exit code.

    ``lock`` is the profile's: what it lists is what is downloaded.
    """
    from deployer.apply.modal.apply import Pipeline  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.cli.carrying_out import carrying_out  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.unchanged import unchanged  # noqa: PLC0415 - as above
    from deployer.cli.where import Declined, agreed  # noqa: PLC0415 - as above
    from deployer.report.plan_text import summary, text  # noqa: PLC0415 - as above

    tell(text(plan) + "\n", end="")
    steps = {phase.phase for phase in plan.phases if phase.runs}
    if not (steps if manner.verify else steps - PROOF):
        return unchanged(account, plan, manner.form, verify=manner.verify)
    if plan.takes_over:
        from deployer.cli.take_over import agreed_for  # noqa: PLC0415 - only where it does

        agreed_for(plan, take_over=manner.take_over)
    key = key_for(plan.release, verify=manner.verify)
    refuse_missing_secrets(account, plan.release)
    if not agreed(f"{summary(plan)} Go on?", yes=manner.yes):
        raise Declined
    with carrying_out() as (lines, parts):
        pipeline = Pipeline(account, Records(), plan.release, lines.tell, parts, lock)
        applied = pipeline.run(plan, key)
    show_applied(applied, plan.release, manner.form)
    return 1 if applied.verified is False else 0


def key_for(release: Release, *, verify: bool) -> str | None:
    """Give the key to verify with; None where nothing is to be verified.

    Raises UsageError, before any money is spent, where there is none to be had, and Failure where
    Modal asks for a proxy token and none is here.
    """
    if not verify:
        return None
    if release.modal is not None and release.modal.proxied:
        from deployer.apply.modal.proxy_token import headers_for  # noqa: PLC0415 - only where asked for

        headers_for(release)
    variable = release.listen.api_key_variable
    key = os.environ.get(variable, "") if variable else ""
    if variable and not key:
        secret = release.modal.api_key_secret if release.modal else ""
        message = f"the server is verified with its API key, and {variable} is not set here"
        hint = f"set {variable} to what the secret `{secret}` holds (`apply` takes --no-verify)"
        raise UsageError(message, hint=hint)
    return key


def refuse_missing_secrets(account: Account, release: Release) -> None:
    """Raise Failure, before any money is spent, where a secret is not there."""
    from deployer.apply.modal.standing import missing_secrets  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.words import secret_hint  # noqa: PLC0415 - as above

    if missing := missing_secrets(account, release):
        parameters = release.modal
        name = parameters.api_key_secret if parameters else ""
        made_up = f"secret `{name}`" in missing[0]
        hint = (
            secret_hint(name, release.listen.api_key_variable, made_up=True)
            if made_up
            else secret_hint(parameters.hub_secret if parameters else "", "HF_TOKEN", made_up=False)
        )
        raise Failure("; ".join(missing), hint=hint)


def show_applied(applied: Applied, release: Release, form: str) -> None:
    """Write the result to stdout, and the verdicts to stderr."""
    from deployer.cli.verdicts import tell_verdicts  # noqa: PLC0415 - only what the verb needs

    tell_verdicts(applied.verdicts)
    if applied.unnoted:
        tell(f"{visible(applied.unnoted)}. `deployer verify {visible(applied.name)}` tries again.")
    show(_json(applied, release) if form == "json" else _text(applied, release), end="")


def _text(applied: Applied, release: Release) -> str:
    from deployer.cli.naming import program  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.verdicts import kept  # noqa: PLC0415 - as above

    standing = {
        True: kept(applied.verdicts),
        False: "serves, with faults",
        None: "is deployed, and was not asked",
    }[applied.verified]
    variable = release.listen.api_key_variable
    took = sum(phase.seconds for phase in applied.phases)
    rows = [
        ("endpoint", f"{applied.url}/v1"),
        ("model", release.model.served_name),
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


def _calls(applied: Applied, release: Release) -> str:
    """Show how it is called: with what, and in which header."""
    from deployer.report.calls import curl, openai_sdk  # noqa: PLC0415 - only what the verb needs

    sent = credentials_of(release)
    model = release.model.served_name
    return f"\n{curl(applied.url, model, sent)}\n{openai_sdk(applied.url, model, sent)}"


def credentials_of(release: Release) -> tuple[Credential, ...]:
    """Say what a client of a release sends, and where a value is that was made here."""
    from deployer.apply.modal.proxy_token import ID, KEY_HEADER, SECRET, SECRET_HEADER  # noqa: PLC0415 - as above
    from deployer.report.calls import Credential  # noqa: PLC0415 - as above

    variable = release.listen.api_key_variable
    key = (Credential("Authorization", "Bearer ", variable),) if variable else ()
    if release.modal is None or not release.modal.proxied:
        return key
    return (*key, Credential(KEY_HEADER, "", ID), Credential(SECRET_HEADER, "", SECRET))


def _secret(release: Release) -> str:
    return release.modal.api_key_secret if release.modal else ""


def _proxied(release: Release) -> bool:
    return release.modal is not None and release.modal.proxied


def _json(applied: Applied, release: Release) -> str:
    from deployer.codec import encode  # noqa: PLC0415 - only for this form

    value = {
        "name": applied.name,
        "app": applied.app,
        "outcome": applied.outcome,
        "version": applied.version,
        "endpoint": f"{applied.url}/v1",
        "model": release.model.served_name,
        "digest": applied.digest,
        "verified": applied.verified,
        "verdicts": encode(applied.verdicts),
        "sample": applied.sample,
        "phases": encode(applied.phases),
        "unnoted": applied.unnoted,
    }
    return envelope(value)
