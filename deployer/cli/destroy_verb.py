"""`deployer destroy`: end a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from deployer.apply.target import Asker
from deployer.cli.completing import deployments
from deployer.cli.forms import FORM, result
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import tell
from deployer.cli.target import target_of

if TYPE_CHECKING:
    from deployer.apply.phases import OnEvent


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
    from deployer.cli.where import consent  # noqa: PLC0415 - only what the verb needs

    target = target_of(name, leftovers=True)
    done = target.destroy(volumes, Asker(partial(consent, yes=yes), tell, _phases))
    value = {"name": target.name, "target": target.target, **done.value}
    result(form, value, lambda: "\n".join(done.lines))
    return 0


@contextmanager
def _phases() -> Iterator[OnEvent]:
    from deployer.cli.progress import PhaseLines  # noqa: PLC0415 - only where something is ended

    with PhaseLines() as lines:
        yield lines.tell
