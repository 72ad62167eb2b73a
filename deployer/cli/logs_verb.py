"""`deployer logs`: the engine's log."""

from __future__ import annotations

import click

from deployer.cli.completing import deployments
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show, tell
from deployer.cli.target import target_of
from deployer.visible import visible


@click.command("logs")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.option("--follow", "-f", is_flag=True, help="Go on until the server ends, or Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(min=0), default=100, show_default=True)
@TIMEOUT
@environment_option
def command(name: str, lines: int, *, follow: bool) -> int:
    """Show the engine's log, with secrets redacted: that of this machine, or of Modal.

    Exits 1 if there is no log, or it could not be had; an empty one is said to be empty.
    """
    target = target_of(name)
    shown = 0
    try:
        for shown, line in enumerate(target.lines(lines, follow=follow), 1):  # noqa: B007 - after it
            show(*line.split("\r"))  # a progress bar writes over itself, and hides nothing here
    except KeyboardInterrupt:
        if not follow:
            raise
    if lines and not shown:
        tell(f"The log of {visible(target.name)} is empty: it was read, and has no line.")
    return 0
