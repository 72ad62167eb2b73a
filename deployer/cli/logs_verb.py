"""`deployer logs`: the engine's log."""

from __future__ import annotations

import click


@click.command("logs")
@click.argument("name", metavar="NAME|PROFILE")
@click.option("--follow", "-f", is_flag=True, help="Go on until the server ends, or Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(min=0), default=100, show_default=True)
def command(name: str, lines: int, *, follow: bool) -> int:
    """Show the engine's log, with secrets redacted."""
    from deployer.apply.local.logs import logs  # noqa: PLC0415
    from deployer.cli.naming import deployment_name  # noqa: PLC0415

    try:
        for line in logs(deployment_name(name), follow=follow, lines=lines):
            click.echo(line)
    except KeyboardInterrupt:
        if not follow:
            raise
    return 0
