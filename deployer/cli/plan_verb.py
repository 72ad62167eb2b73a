"""`deployer plan`: what an apply would do, and cost."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import profiles
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show, show_as, show_lines
from deployer.cli.writing import write_file
from deployer.errors import NotThere, UsageError
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.apply.local.status import LocalStatus
    from deployer.cli.planning import Meant
    from deployer.plan.deployment import Plan
    from deployer.plan.keys import Written
    from deployer.release import Release

CHANGES = 2


@click.command("plan")
@click.argument("profiles", nargs=-1, required=True, metavar="PROFILE...", shell_complete=profiles)
@click.option(
    "--offline", is_flag=True, help="Ask nobody; compare with what was deployed from here last."
)
@click.option("--detailed-exitcode", is_flag=True, help="0 nothing to do, 1 error, 2 changes.")
@click.option("--refresh-prices", is_flag=True, help="Ask Modal for the account's rates first.")
@click.option("--candidate", is_flag=True, help="As `apply --candidate` would go about it.")
@click.option("-o", "--out", type=click.Path(dir_okay=False), help="Write the plan, for `apply`.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@notes_options
@TIMEOUT
@environment_option
def command(  # noqa: PLR0913 - the options of the verb
    profiles: tuple[str, ...],
    out: str | None,
    form: str,
    *,
    offline: bool,
    detailed_exitcode: bool,
    refresh_prices: bool,
    candidate: bool,
) -> int:
    """Show what an apply would do: changes, phases, memory and money. Touches nothing.

    With --offline it compares with what was deployed from this machine last, and says how old that
    is; without it Modal is asked, and exit 1 says that it was not, or gave no answer. A profile for
    this machine has no phases and costs nothing: its changes are shown. Of several profiles each
    has its plan, with one look at the account; the exit code is the worst.
    """
    from deployer.cli.many import each, meant  # noqa: PLC0415 - only what the verb needs

    profiles = meant(profiles)
    if out and len(profiles) > 1:
        message = "-o writes one plan, and there are several profiles"
        raise UsageError(message, hint="plan them one at a time")
    if out and candidate:
        message = "-o writes what is to be deployed, and a candidate is how an apply goes about it"
        raise UsageError(message, hint=f"leave it out: `deployer apply {out} --candidate` takes it")
    if offline and refresh_prices:
        message = "--offline asks nobody, and --refresh-prices asks Modal"
        raise UsageError(message, hint="leave one of them out")
    if refresh_prices and len(profiles) > 1:
        _refreshed()
    once = refresh_prices and len(profiles) == 1

    def one(profile: str) -> int:
        return _one(
            profile,
            out,
            form,
            offline=offline,
            detailed=detailed_exitcode,
            refresh_prices=once,
            candidate=candidate,
        )

    return each(profiles, one, form)


def _refreshed() -> None:
    from deployer.apply.modal.prices import refresh  # noqa: PLC0415 - imports modal

    refresh()


def _one(  # noqa: PLR0913 - as above
    profile: str,
    out: str | None,
    form: str,
    *,
    offline: bool,
    detailed: bool,
    refresh_prices: bool,
    candidate: bool,
) -> int:
    from deployer.cli.planning import plan_of, read  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.take_over import mark_of  # noqa: PLC0415 - as above

    meant = read(profile)
    release, written = meant.release, meant.written
    if release.modal is None:
        _refuse_for_modal(out, refresh_prices=refresh_prices, candidate=candidate)
        return _local(release, written, profile, form, detailed_exitcode=detailed)
    if refresh_prices:
        _refreshed()
    plan = plan_of(meant, mark_of(profile), offline=offline)
    if out:
        _write(plan, meant, out)
    if candidate:
        from deployer.plan.candidate import with_candidate  # noqa: PLC0415 - only where asked for

        plan = with_candidate(plan)
    shown = _shown(plan, meant, form)
    show_as(form, shown)
    return CHANGES if detailed and not plan.nothing_to_do else 0


def _refuse_for_modal(out: str | None, *, refresh_prices: bool, candidate: bool) -> None:
    """Raise UsageError for what says nothing of a profile for this machine."""
    if candidate:
        message = "--candidate is for a live app on Modal, and this profile is for this machine"
        raise UsageError(message, hint="leave it out")
    if out is not None:
        message = "a plan is written for Modal only, and this profile is for this machine"
        raise UsageError(message, hint="leave out -o: `deployer apply PROFILE` looks anew anyway")
    if refresh_prices:
        message = "--refresh-prices asks Modal, and this profile is for this machine"
        raise UsageError(message, hint="leave it out: nothing is paid to anybody")


def _local(
    release: Release, written: Written, profile: str, form: str, *, detailed_exitcode: bool
) -> int:
    """Show what an apply on this machine would change: of the release, and of what runs."""
    from deployer.apply.local.connection import current_release  # noqa: PLC0415 - only here
    from deployer.cli.take_over import on_record  # noqa: PLC0415 - only here
    from deployer.plan.diff import diff  # noqa: PLC0415 - as above

    old = current_release(release.name)
    changes = None if old is None else diff(old, release, written)
    standing = _standing(release.name)
    serves = standing is not None and standing.state == "serving"
    same = changes is not None and not changes and serves
    record = on_record(release, profile)
    if form == "json":
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
    return CHANGES if detailed_exitcode and not same else 0


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
