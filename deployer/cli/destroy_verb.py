"""`deployer destroy`: end a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from deployer.apply.local.target import Here
from deployer.apply.modal.target import OnModal
from deployer.cli.completing import deployments
from deployer.cli.forms import FORM, result
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import tell
from deployer.errors import UsageError

if TYPE_CHECKING:
    from deployer.apply.modal.destroy import Destroyed


@click.command("destroy")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option(
    "--volume",
    "volumes",
    multiple=True,
    metavar="NAME",
    help="Delete this volume of a Modal deployment, too, which no other app of deployer's may "
    "mount; repeatable. None is by default.",
)
@click.option("--yes", "-y", is_flag=True, help="On Modal: do not ask.")
@FORM
@TIMEOUT
@environment_option
def command(name: str, volumes: tuple[str, ...], form: str, *, yes: bool) -> int:
    """Drain and end a deployment, and remove its key, logs and state.

    Requests in flight get the drain budget of the profile. The engine's environment and the model
    stay for the next time; on Modal, the volumes with the weights and kernels stay unless they are
    named. A NAME of which nothing is on record here is looked up on Modal, and only an app that
    deployer deployed is ended, with each phase of an apply that still runs for it and a candidate
    that one has left: what was interrupted costs until it ends. While somebody else applies it, it
    is left alone, and who that is is said. Exits 2 if there is none, 1 if that is not known.
    """
    target = _target(name)
    if isinstance(target, OnModal):
        return _modal(target, volumes, form, yes=yes)
    if volumes:
        message = f"`{target.name}` is on this machine and has no volumes"
        raise UsageError(message)
    return _local(target.name, form)


def _target(name: str) -> Here | OnModal:
    """Say what a name means; what is left of a local deployment without a state, too."""
    from deployer.apply.local.destroy import is_anything_left  # noqa: PLC0415 - as below
    from deployer.cli.target import target_of  # noqa: PLC0415 - only what the verb needs

    path = name.endswith((".yaml", ".yml"))
    return Here(name) if not path and is_anything_left(name) else target_of(name, phases=True)


def _local(name: str, form: str) -> int:
    from deployer.apply.local.destroy import destroy  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.progress import PhaseLines  # noqa: PLC0415 - as above

    with PhaseLines() as lines:
        destroyed = destroy(name, on_event=lines.tell)
    value = {"name": name, "target": "local", "killed": destroyed.killed}
    result(form, {**value, "message": destroyed.message}, lambda: destroyed.message)
    return 0


def _modal(target: OnModal, volumes: tuple[str, ...], form: str, *, yes: bool) -> int:
    from deployer.apply.modal.destroy import check_volumes, destroy  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.cli.where import Declined, agreed  # noqa: PLC0415 - as above

    account = target.account()
    parameters = target.release.modal if target.release else None
    check_volumes(parameters, volumes)
    what = f"the app {target.record.app} and each phase of an apply that runs for it"
    question = f"Stop {what}?"
    if volumes:
        question = f"Stop {what}, and delete {', '.join(volumes)}?"
    if not agreed(question, yes=yes):
        raise Declined
    done = destroy(account, Records(), target.record, parameters, volumes, tell)
    value = {
        "name": target.name,
        "target": "modal",
        "app": done.app,
        "existed": done.existed,
        "found": done.found or None,
        "phases_ended": done.phases,
        "candidate_ended": done.candidate or None,
        "volumes_deleted": done.volumes,
        "volumes_absent": done.absent,
        "volumes_kept": dict(done.kept),
    }
    result(form, value, lambda: "\n".join(_lines(done)))
    return 0


def _lines(done: Destroyed) -> Iterator[str]:
    before = f"says that it is {done.found}" if done.found else "has no such app"
    what = "is stopped" if done.existed else f"was not deployed: Modal was asked, and {before}"
    yield f"the app {done.app} {what}"
    for phase in done.phases:
        yield f"a phase of an apply that still ran, {phase}, is stopped"
    if done.candidate:
        yield f"its candidate, {done.candidate}, is stopped"
    for volume in done.volumes:
        yield f"the volume {volume} is deleted"
    for volume in done.absent:
        yield f"there was no volume {volume} to delete: Modal was asked"
    for volume, holds in done.kept:
        yield f"the volume {volume} was left alone ({holds}); `--volume {volume}` deletes it"
