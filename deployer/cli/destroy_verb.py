"""`deployer destroy`: end a deployment."""

from __future__ import annotations

import click


@click.command("destroy")
@click.argument("name", metavar="NAME|PROFILE")
def command(name: str) -> int:
    """Drain and end a deployment, and remove its key, logs and state.

    Requests in flight get the drain budget of the profile. The engine's environment and the
    model stay for the next time.
    """
    from deployer.apply.local.destroy import destroy  # noqa: PLC0415
    from deployer.cli.naming import deployment_name  # noqa: PLC0415
    from deployer.cli.progress import PhaseLines  # noqa: PLC0415

    with PhaseLines() as lines:
        destroyed = destroy(deployment_name(name), on_event=lines.tell)
    click.echo(destroyed.message)
    return 0
