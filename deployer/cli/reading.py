"""From a path on the command line to a checked profile: files are read here and nowhere else."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from deployer.cli.links import open_ordinary
from deployer.cli.notes import wanted
from deployer.cli.say import tell
from deployer.errors import DeployerError, Failure, UsageError
from deployer.files import may_be_there
from deployer.finding import Finding, Severity

if TYPE_CHECKING:
    from deployer.check.across.identity import Siblings
    from deployer.compile.case import Case
    from deployer.lock.lock import FoundLock
    from deployer.profile.layers import Text
    from deployer.release import Release

UNREADABLE = "unreadable-file"
"""The id of the finding that says so (:mod:`deployer.check.unread`)."""

PROFILE = "a profile"
"""What a path leads to, unless somebody says otherwise."""

MOST_NAMED = 8
"""Files that are named where another one is not there."""

LARGEST = 1_000_000
"""Bytes of a profile that are read. A profile is a few kilobytes; more is another file."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A profile that was read and checked; ``case`` is None where it could not be.

    ``keys`` are those that its author wrote.
    """

    path: str
    case: Case | None
    findings: tuple[Finding, ...]
    keys: frozenset[str] = frozenset()

    @property
    def unread(self) -> bool:
        """Whether there was no file that may be read."""
        return any(finding.check == UNREADABLE for finding in self.findings)

    def wrong(self, *, strict: bool = False) -> bool:
        """Whether the findings stop a command: errors do, warnings only under ``--strict``."""
        return any(stops(finding, strict=strict) for finding in self.findings)


def stops(finding: Finding, *, strict: bool = False) -> bool:
    """Whether a finding stops a command: errors do, warnings under ``--strict``, none allowed."""
    stopping = {Severity.ERROR, Severity.WARNING if strict else Severity.ERROR}
    return not finding.allowed and finding.severity in stopping


def counts(finding: Finding) -> bool:
    """Whether a verb that is not asked for findings says it: notes are `check`'s to say."""
    return finding.severity is not Severity.NOTE


def read_checked(
    path: str,
    also_on: str = "",
    kept: frozenset[str] | None = None,
    *,
    siblings: Siblings | None = None,
    content: Text | None = None,
    beside: FoundLock | None = None,
) -> Checked:
    """Read one profile and run every check over it, or those of ``kept``.

    ``also_on`` is a release that reads the command for the profile's own release as well, and
    ``siblings`` are the profiles beside it. ``content`` is the profile's text where it was read
    already; ``path`` is its name then, and ``beside`` its lock, which else is the one beside it.
    """
    from deployer.check.run import judge  # noqa: PLC0415 - only for a file
    from deployer.cli.layers import read_profile  # noqa: PLC0415 - as above
    from deployer.cli.locks import read_lock  # noqa: PLC0415 - as above
    from deployer.facts.sglang.catalogue import load  # noqa: PLC0415
    from deployer.profile.source import format_path  # noqa: PLC0415

    other = load(also_on) if also_on else None
    given = read_profile(path) if content is None else content
    lock = read_lock(path) if content is None else beside
    judged = judge(given, path, kept, other, siblings, lock)
    keys = frozenset(format_path(place) for place in judged.loaded.source.places)
    return Checked(path=path, case=judged.whole, findings=judged.findings, keys=keys)


def read_found(
    path: str,
    also_on: str = "",
    kept: frozenset[str] | None = None,
    siblings: Siblings | None = None,
    inside: str | None = None,
) -> Checked:
    """Do the same among others: what is there and cannot be read is a finding, and stops none.

    ``inside`` is the environment, None for the one that the verb was asked for.
    """
    try:
        content = read_text(path)
    except UsageError as error:
        if not may_be_there(path):
            raise
        from deployer.check.unread import unread  # noqa: PLC0415 - only for such a path

        return Checked(path, None, (unread(path, error.message, error.hint),))
    from deployer.cli.layers import layered  # noqa: PLC0415 - only for a file
    from deployer.cli.locks import read_lock  # noqa: PLC0415 - as above

    lock, text = read_lock(path, inside), layered(path, content, inside)
    return read_checked(path, also_on, kept, siblings=siblings, content=text, beside=lock)


def read_release(path: str) -> Release:
    """Read, check and compile one profile; its findings go to stderr, and errors end the verb."""
    return read_case(path).release


def read_case(path: str) -> Case:
    """Read and check one profile; what is wrong goes to stderr, and errors end the verb."""
    return read_sound(path)[0]


def read_sound(
    path: str, content: Text | None = None, beside: FoundLock | None = None
) -> tuple[Case, frozenset[str]]:
    """Read and check one profile as :func:`read_case` does; gives its keys, too.

    ``content`` is its text where that was read already, with its lock, if it has one, ``beside``.
    """
    from deployer.report.findings import text  # noqa: PLC0415

    checked = read_checked(path, content=content, beside=beside)
    every = wanted() == "full"
    if wrong := [finding for finding in checked.findings if every or counts(finding)]:
        tell(text(wrong, color=colored_stderr()), end="")
    if checked.case is None or checked.wrong():
        msg = f"{path} is not right, so nothing was done"
        from deployer.cli.other_kind import instead  # noqa: PLC0415 - only for what is not right

        other = instead(path) if checked.case is None else ""
        hint = other or "Mend what is said above; `deployer check` says it again"
        raise Failure(msg, hint=hint)
    return checked.case, checked.keys


def read_readable(path: str) -> Case:
    """Read one profile that need not be right, for a verb whose answer rests on no check.

    Its errors are named on stderr in one line; only a profile that cannot be read ends the verb.
    """
    checked = read_checked(path)
    if checked.case is None:
        return read_sound(path)[0]
    wrong = dict.fromkeys(finding.check for finding in checked.findings if stops(finding))
    if wrong:
        tell(f"note: {path} is not right ({', '.join(wrong)}); `deployer check` says more")
    return checked.case


def known_release(engine: str) -> str:
    """Give a release as its catalogue names it; raises UsageError where there is none."""
    from deployer.facts.sglang.catalogue import how_to_know, releases  # noqa: PLC0415

    version = engine.removeprefix("v")
    if version not in releases():
        msg = f"SGLang {engine} is not known here"
        raise UsageError(msg, hint=how_to_know(version))
    return version


def colored_stderr() -> bool:
    """Whether the talk may be in colour: a terminal that did not decline."""
    return _colored(sys.stderr)


def colored_stdout() -> bool:
    """Whether the result may be in colour."""
    return _colored(sys.stdout)


def _colored(stream: TextIO | None) -> bool:
    terminal = stream is not None and stream.isatty()
    return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def read_text(path: str, what: str = PROFILE, largest: int = LARGEST) -> str:
    """Read a file; bytes that are no UTF-8 are kept, for the loader to say where they are.

    ``what`` names what the path should be, ``largest`` how many bytes it may have. Raises
    UsageError where there is no such file, and :class:`~deployer.cli.links.LeadsAway` for what is
    no file or must not be followed.
    """
    try:
        data = _read(path, largest + 1)
    except FileNotFoundError as error:
        if os.path.islink(path):  # noqa: PTH114 - a word of the command line, as it stands
            msg = f"{path} leads to {os.readlink(path)}, where there is no file"  # noqa: PTH115 - as above
            raise UsageError(msg, hint=f"Give the path of {what}") from error
        if path == "-":
            msg = "standard input is read by `check` and `diagnose` alone"
            raise UsageError(msg, hint=f"Give the path of {what}") from error
        msg = f"{path}: there is no such file"
        raise UsageError(msg, hint=_nearby(path, what)) from error
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise UsageError(msg, hint=f"Give the path of {what}") from error
    if len(data) > largest:
        msg = f"{path} is larger than {largest:,} bytes, so it is not {what}"
        raise UsageError(msg)
    return data.decode("utf-8", errors="surrogateescape")


def _read(path: str, most: int) -> bytes:
    with os.fdopen(open_ordinary(path), "rb") as file:
        return file.read(most)


def _profiles(folder: Path) -> list[str]:
    """Give the files of a folder that look like profiles, by their content."""
    from deployer.profile.likeness import likeness  # noqa: PLC0415 - only for a mistake

    found = []
    for path in sorted(folder.glob("[!.]*.y*ml")) if folder.is_dir() else ():
        with suppress(DeployerError, OSError):  # such as a link that leads nowhere
            text = _read(str(path), LARGEST).decode("utf-8", errors="surrogateescape")
            if likeness(text).profile:
                found.append(str(path))
    return found


def _nearby(path: str, what: str) -> str:
    """Name a file of nearly that name, or the profiles that are there where one was meant."""
    import difflib  # noqa: PLC0415 - only for a mistake

    folder = Path(path).parent
    if what == PROFILE:
        there = _profiles(folder) or _profiles(Path("profiles"))
    else:
        there = sorted(str(each) for each in folder.glob(f"[!.]*{Path(path).suffix}"))
    named = {Path(each).stem: each for each in reversed(there)}  # all end alike, which says nothing
    near = difflib.get_close_matches(Path(path).stem, named, n=1)
    if near:
        return f"Did you mean {named[near[0]]}?"
    if not there or what != PROFILE:
        return f"Give the path of {what}"
    more = f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
    return f"There are: {', '.join(there[:MOST_NAMED])}{more}"
