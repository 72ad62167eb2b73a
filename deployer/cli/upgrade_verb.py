"""`deployer upgrade`: a profile for another release of the engine."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import profiles, releases
from deployer.cli.forms import FORM
from deployer.cli.links import followed
from deployer.cli.notes import notes_options, wanted, without_notes
from deployer.cli.say import show, show_as, tell
from deployer.cli.writing import write_file
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.compile.case import Case
    from deployer.report.upgrade import Flags


@click.command("upgrade")
@click.argument("profile", metavar="PROFILE", shell_complete=profiles)
@click.option(
    "--engine",
    metavar="RELEASE",
    shell_complete=releases,
    help="The release; by default the newest known here.",
)
@click.option("--write", is_flag=True, help="Replace the file; without it, only show.")
@FORM
@notes_options
def command(profile: str, engine: str | None, form: str, *, write: bool) -> int:
    """Rewrite a profile for another engine release, newer or older.

    Comments and layout stay as they are. What the release cannot be told is left in the file and
    said. Shows also which defaults change although the file does not. Exits 1 when --write leaves
    a profile that is not right.
    """
    from deployer.check.run import judge  # noqa: PLC0415
    from deployer.cli.layers import read_profile  # noqa: PLC0415
    from deployer.cli.locks import read_lock  # noqa: PLC0415
    from deployer.cli.reading import (  # noqa: PLC0415
        colored_stdout,
        known_release,
        stops,
    )
    from deployer.facts.sglang.catalogue import newest  # noqa: PLC0415
    from deployer.report.upgrade import text, to_json  # noqa: PLC0415
    from deployer.upgrade.upgrade import upgrade  # noqa: PLC0415

    version = newest() if engine is None else known_release(engine)
    done = upgrade(read_profile(profile), profile, version)
    judged = judge(done.whole, done.file, beside=read_lock(profile))
    findings = judged.findings
    written = write and done.changed
    if written:
        for one in done.files:
            write_file(str(followed(one.file)), one.text)
            tell(f"wrote {visible(one.file)}")
    right = None if any(map(stops, findings)) else judged.whole
    flags = renew_flags(profile, right) if written else None
    hidden = wanted() == "none" or (form == "text" and wanted() == "brief")
    said = without_notes(findings) if hidden else findings
    if form == "json":
        show(to_json(done, said, written=written, flags=flags), end="")
    else:
        show_as(form, text(done, said, color=colored_stdout()))
        if done.changed and not written:
            files = " and ".join(visible(one.file) for one in done.files)
            tell(f"Nothing was written; --write replaces {files}.")
    return int(write and any(stops(finding) for finding in findings))


def renew_flags(profile: str, right: Case | None) -> Flags | None:
    """Write the committed flags again, where there are some and the profile compiles to any."""
    from deployer.cli.compile_verb import flags_file, write_flags  # noqa: PLC0415 - only to write
    from deployer.report.upgrade import Flags  # noqa: PLC0415 - as above

    target = flags_file(profile)
    if not target.exists():
        return None
    if right is not None:
        write_flags(profile, right.release)
    else:
        again = f"deployer compile --write {shlex.quote(profile)}"
        tell(f"{visible(str(target))} is of the old profile: `{visible(again)}`, once it is right")
    return Flags(str(target), written=right is not None)
