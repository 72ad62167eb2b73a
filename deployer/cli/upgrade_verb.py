"""`deployer upgrade`: a profile for another release of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.links import followed
from deployer.cli.say import show, tell
from deployer.cli.writing import write_file

if TYPE_CHECKING:
    from deployer.upgrade.notes import Upgrade


@click.command("upgrade")
@click.argument("profile", metavar="PROFILE")
@click.option("--engine", metavar="RELEASE", help="The release; by default the newest known here.")
@click.option("--write", is_flag=True, help="Replace the file; without it, only show.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(profile: str, engine: str | None, form: str, *, write: bool) -> int:
    """Rewrite a profile for another engine release, newer or older.

    Comments and layout stay as they are. What the release cannot be told is left in the file and
    said. Shows also which defaults change although the file does not. Exits 1 when --write leaves
    a profile that is not right.
    """
    from deployer.check.run import load_checked  # noqa: PLC0415
    from deployer.cli.reading import (  # noqa: PLC0415
        colored_stdout,
        known_release,
        read_text,
        stops,
    )
    from deployer.facts.sglang.catalogue import newest  # noqa: PLC0415
    from deployer.report.upgrade import text, to_json  # noqa: PLC0415
    from deployer.upgrade.upgrade import upgrade  # noqa: PLC0415

    version = newest() if engine is None else known_release(engine)
    done = upgrade(read_text(profile), profile, version)
    _, findings = load_checked(done.text, done.file)
    written = write and done.changed
    if written:
        write_file(str(followed(profile)), done.text)
    if form == "json":
        show(to_json(done, findings, written=written), end="")
    else:
        show(text(done, findings, color=colored_stdout()), end="")
        _tell(profile, done, written=written)
    return int(write and any(stops(finding) for finding in findings))


def _tell(profile: str, done: Upgrade, *, written: bool) -> None:
    if written:
        tell(f"wrote {profile}")
    elif done.changed:
        tell(f"Nothing was written; --write replaces {profile}.")
