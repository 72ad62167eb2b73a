"""`deployer apply --rehearse`: the release with noise for weights, started once and taken away."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.cli.say import show, show_lines, tell
from deployer.errors import DeployerError, Failure, NotThere
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.modal.apply import Applied
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Records
    from deployer.cli.manner import Manner
    from deployer.cli.planning import Meant
    from deployer.plan.deployment import Plan
    from deployer.release import Release


def rehearse(meant: Meant, manner: Manner, minutes: int) -> int:
    """Deploy the rehearsal, see it serve, and take it away whatever came of it.

    Gives 0 where it served, 1 where it did not. Raises what planning raises, and Failure where the
    app of that name is somebody else's.
    """
    from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.apply.modal.secrets import key_for  # noqa: PLC0415 - as above
    from deployer.apply.modal.standing import look  # noqa: PLC0415 - as above
    from deployer.cli.apply_modal import refuse_missing_secrets  # noqa: PLC0415 - as above
    from deployer.cli.learning import learnt  # noqa: PLC0415 - only what a plan needs
    from deployer.cli.pricing import prices  # noqa: PLC0415 - as above
    from deployer.cli.where import consent  # noqa: PLC0415 - as above
    from deployer.compile.rehearsal import rehearsal  # noqa: PLC0415 - as above
    from deployer.plan.deployment import make_plan  # noqa: PLC0415 - as above

    modal = meant.release.modal
    rehearsed = rehearsal(meant.release, minutes)  # before Modal is asked for anything
    account, records = Account(modal.environment if modal else ""), Records()
    case = learnt(meant.profile, meant.text, meant.case)
    rehearsed = rehearsal(case.release, minutes)
    pinned, standing = look(account, rehearsed, records, os.environ, case.given)
    plan = make_plan(pinned, standing, prices(), given=meant.given)
    if plan.takes_over:
        message = f"the app {plan.app}, which a rehearsal would replace and end, is not deployer's"
        raise Failure(message, hint="nothing was done; end it, or rehearse under another name")
    key = key_for(plan.release, verify=True)
    refuse_missing_secrets(account, plan.release)
    tell(_what(plan.release, minutes))
    consent("Go on?", yes=manner.yes)
    try:
        applied = _run(account, records, plan, key, meant)
        seen = _seen(records, plan)
    finally:
        trouble = _take_away(account, records, plan)
    _show(applied, seen, trouble, manner.form)
    return 0 if applied.verified and not trouble else 1


def _what(release: Release, minutes: int) -> str:
    from deployer.cli.pricing import prices  # noqa: PLC0415 - only for money
    from deployer.compile.rehearsal import IDLE  # noqa: PLC0415 - as above
    from deployer.plan.cost import container_hour  # noqa: PLC0415 - as above
    from deployer.plan.money import dollars  # noqa: PLC0415 - as above

    modal = release.modal
    hourly = None if modal is None else container_hour(release, modal, prices())
    most = minutes + IDLE / 60
    on = f" on {release.hardware}" if release.shapes else ""
    cost = "" if hourly is None else f" ({dollars(hourly * most / 60)} of its container{on})"
    shape = "; one container is started, of whichever Modal gives" if release.shapes else ""
    volume = "" if modal is None else f", with the volume {modal.weights.volume} and all in it"
    return (
        f"A rehearsal of {visible(release.name)}: {release.gpus} with noise for weights{shape}. "
        f"Its start may take {minutes} min{cost}; then it is asked for its form, which costs what "
        f"that takes, and is taken away{volume}. Kernels that are not compiled yet are compiled "
        "first, as for the release itself, within their own budget."
    )


def _run(account: Account, records: Records, plan: Plan, key: str | None, meant: Meant) -> Applied:
    from deployer.apply.modal.apply import Pipeline  # noqa: PLC0415 - imports modal
    from deployer.cli.carrying_out import carrying_out  # noqa: PLC0415 - only what the verb needs
    from deployer.verify.noise import of_form  # noqa: PLC0415 - brings the SDK

    with carrying_out() as (lines, parts):
        # What is taken away in the end goes on for nobody.
        of_noise = replace(parts, verify=of_form, sample=lambda _: "", stay=None)
        lock = meant.case.lock
        pipeline = Pipeline(account, records, plan.release, lines.tell, of_noise, lock)
        return pipeline.run(plan, key)


def _seen(records: Records, plan: Plan) -> tuple[str, ...]:
    """Say what the start told: its memory, and how long each stage took."""
    from deployer.diagnose.words import summary  # noqa: PLC0415 - only what is shown

    parameters = plan.release.modal
    environment = parameters.environment if parameters else ""
    record = records.record(plan.app, environment)
    boots = records.boots(plan.app, environment)[-1:]
    memory = (record.memory,) if record is not None and record.memory else ()
    return (*memory, *(summary(boot) for boot in boots))


def _take_away(account: Account, records: Records, plan: Plan) -> str:
    """End the rehearsal and delete its volume; gives what stood in the way, '' for nothing."""
    from deployer.apply.modal.destroy import destroy  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Record  # noqa: PLC0415 - as above

    parameters = plan.release.modal
    environment = parameters.environment if parameters else ""
    volumes = (parameters.weights.volume,) if parameters else ()
    record = Record(plan.name, plan.app, environment, "", plan.digest, 0, 0.0, "")
    try:
        destroy(account, records, record, parameters, volumes)
    except NotThere:
        return ""
    except DeployerError as error:
        trouble = f"the rehearsal could not be taken away: {error.message}"
        tell(visible(trouble), f"  hint: `deployer destroy {plan.app}`, or it costs until it idles")
        return trouble
    return ""


def _show(applied: Applied, seen: tuple[str, ...], trouble: str, form: str) -> None:
    from deployer.cli.verdicts import tell_verdicts  # noqa: PLC0415 - only what is shown
    from deployer.codec import encode  # noqa: PLC0415 - as above
    from deployer.report.envelope import envelope  # noqa: PLC0415 - as above

    tell_verdicts(applied.verdicts)
    left = "" if trouble else "; nothing of it is left but kernels"
    if form == "json":
        value = {
            "name": applied.name,
            "digest": applied.digest,
            "served": applied.verified,
            "seen": list(seen),
            "verdicts": encode(applied.verdicts),
            "phases": encode(applied.phases),
            "left": trouble,
        }
        show(envelope(value), end="")
        return
    how = "served" if applied.verified else "served, with faults"
    took = sum(phase.seconds for phase in applied.phases)
    lines = [f"{visible(applied.name)} {how} ({took:.0f} s){left}", *map(visible, seen)]
    lines.append(
        "its flags, memory and graphs were tried; no weights were read, and no answer judged"
    )
    show_lines(lines[0], *(f"  {line}" for line in lines[1:]))
