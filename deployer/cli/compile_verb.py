"""`deployer compile`: profiles to flags, a command, or a release."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from deployer.cli.compiled import FLAGS, beside, profile_of, write_beside
from deployer.cli.completing import profiles
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.say import OutputFailure, show, tell
from deployer.errors import DeployerError, UsageError
from deployer.files import may_be_there
from deployer.late import compile_pattern
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deployer.release import Release

_VALUE = compile_pattern(
    r"^(?P<before>[-+ ](?:# env |--)(?P<name>[\w-]+)[= ])(?P<value>.*)", re.MULTILINE
)
"""A flag or a variable with its value, as a line of the diff of compiled flags."""


@click.command("compile")
@click.argument("profiles", nargs=-1, metavar="[PROFILE...]", shell_complete=profiles)
@click.option(
    "--format",
    "form",
    type=click.Choice(["flags", "command", "json", "yaml"]),
    default="flags",
    help="One flag a line; a command for a shell; the whole release; the whole profile, with the "
    "file and line that each value stands at.",
)
@click.option(
    "--write",
    is_flag=True,
    help="Write compiled/NAME.flags beside each profile, to be committed.",
)
@click.option("--check", "fresh", is_flag=True, help="Exit 1 if compiled/NAME.flags is not fresh.")
@notes_options
@environment_option
def command(profiles: tuple[str, ...], form: str, *, write: bool, fresh: bool) -> int:
    """Turn profiles into engine flags, a command, or a release.

    PROFILE is a file, a folder or a pattern; without one, every profile of the repository is
    compiled. The same profile and lock give the same bytes. The API key is in none of
    them.
    """
    from deployer.cli.discover import find  # noqa: PLC0415
    from deployer.cli.reading import read_release  # noqa: PLC0415

    if (write or fresh) and form != "flags":
        msg = "--write and --check are about flags, not about another --format"
        raise UsageError(msg)
    if write and fresh:
        msg = "--write and --check exclude each other"
        raise UsageError(msg)
    found = find([profile_of(path) for path in profiles] if fresh else profiles)
    paths = found.files
    if found.how:
        tell(f"Found {found.how}: {', '.join(map(visible, paths))}")
    for reason in found.passed:
        tell(f"note: not taken for a profile: {reason}")
    if form == "json" and len(paths) > 1:
        msg = "--format json takes one profile at a time"
        raise UsageError(msg)
    if fresh:
        return max(map(_looked_at, paths))
    if form == "yaml":
        return _profiles(paths)
    releases = [(path, read_release(path)) for path in paths]
    for path, release in releases:
        if write:
            write_flags(path, release)
        else:
            show(_text(release, form), end="")
    return 0


def _profiles(paths: Sequence[str]) -> int:
    """Show each profile whole, of one that is not right what can be read; its findings are told."""
    from deployer.check.run import judge  # noqa: PLC0415 - as above
    from deployer.cli.layers import environment, read_profile  # noqa: PLC0415 - only for this form
    from deployer.cli.locks import read_lock  # noqa: PLC0415 - as above
    from deployer.cli.reading import colored_stderr, counts, stops  # noqa: PLC0415 - as above
    from deployer.report.findings import text  # noqa: PLC0415 - as above
    from deployer.report.whole import whole  # noqa: PLC0415 - as above

    code = 0
    for number, path in enumerate(paths):
        judged = judge(read_profile(path), path, beside=read_lock(path))
        if told := [one for one in judged.findings if counts(one)]:
            tell(text(told, color=colored_stderr()), end="")
        code = max(code, int(any(map(stops, judged.findings))))
        if judged.loaded.source.complete:
            mark = "---\n" if number else ""
            show(mark + whole(judged.loaded.source, environment()), end="")
    return code


def _text(release: Release, form: str) -> str:
    from deployer.report import release as report  # noqa: PLC0415

    forms = {"flags": report.flags, "command": report.command, "json": report.to_json}
    return forms[form](release)


def flags_file(path: str) -> Path:
    """Give the place of a profile's committed flags."""
    return beside(path, FLAGS)


def write_flags(path: str, release: Release) -> None:
    """Write the flags of a profile beside it, to be committed. Raises Failure where it cannot."""
    write_beside(flags_file(path), _text(release, "flags"))


def _looked_at(path: str) -> int:
    """Compare one profile's flags; what is wrong with it stops none of the others."""
    from deployer.cli.ending import tell_error  # noqa: PLC0415
    from deployer.cli.reading import read_release  # noqa: PLC0415

    try:
        return _stale(path, read_release(path))
    except OutputFailure:
        raise
    except DeployerError as error:
        tell_error(error)
        return error.exit_code


def _stale(path: str, release: Release) -> int:
    """Give 1, and say what differs, where the committed flags are not those of the profile."""
    import difflib  # noqa: PLC0415

    from deployer.cli.reading import read_text  # noqa: PLC0415

    target = flags_file(path)
    committed = read_text(str(target), "compiled flags") if may_be_there(target) else ""
    compiled = _text(release, "flags")
    if committed == compiled:
        show(f"{visible(str(target))}: fresh")
        return 0
    lines = difflib.unified_diff(
        committed.splitlines(keepends=True),
        compiled.splitlines(keepends=True),
        visible(str(target)),
        f"compiled from {visible(path)}",
    )
    show(_without_secrets("".join(lines)), end="")
    shown, profile = visible(str(target)), visible(path)
    what = "is not fresh" if committed else "does not exist yet"
    tell(f"{shown} {what}: run `deployer compile --write {profile}`")
    return 1


def _without_secrets(text: str) -> str:
    """Hide what looks like a secret, by name or by shape: a mended leak is the old side's text."""
    from deployer.plan.changes import told  # noqa: PLC0415
    from deployer.secret import masked  # noqa: PLC0415

    return masked(
        _VALUE.sub(lambda found: f"{found['before']}{told(found['name'], found['value'])}", text)
    )
