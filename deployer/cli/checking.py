"""From words of the command line to checked profiles: found, read, and held against each other."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.cli.discover import find
from deployer.cli.layers import environment, layered, read_profile
from deployer.cli.reading import LARGEST, Checked, read_checked, read_found
from deployer.cli.say import can_ask, tell
from deployer.cli.siblings import beside
from deployer.errors import UsageError
from deployer.profile.layers import environments
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.check.across.identity import Siblings
    from deployer.cli.discover import Found
    from deployer.profile.layers import Text

NAMED = 20
"""Files that the line on stderr names; the result has something to say of each."""

STDIN = "-"
"""The word for standard input, as other programs have it."""

NAMED_STDIN = "<stdin>"
"""What findings call it."""


def checked(
    words: Sequence[str], also_on: str = "", kept: frozenset[str] | None = None
) -> list[Checked]:
    """Check every profile that the words mean, or all where there is no word.

    What was found rather than named is said on stderr. Raises UsageError where nothing is meant.
    """
    found = find([word for word in words if word != STDIN]) if words != (STDIN,) else None
    files = found.files if found else ()
    around = beside(files)
    results = [_everywhere(file, also_on, kept, around[file]) for file in files]
    if STDIN in words:
        results.append(read_checked(NAMED_STDIN, also_on, kept, content=_stdin()))
    if found:
        _named(found)
    return results


def _everywhere(file: str, also_on: str, kept: frozenset[str] | None, around: Siblings) -> Checked:
    """Check a profile, and where no environment was asked for, in each that it has, too."""
    found = read_found(file, also_on, kept, around)
    if environment() or found.unread:
        return found
    for inside in environments(read_profile(file)):
        seen = {(one.check, one.file, one.span) for one in found.findings}
        more = tuple(
            replace(one, message=f"in the environment `{inside}`: {one.message}")
            for one in read_found(file, also_on, kept, around, inside).findings
            if (one.check, one.file, one.span) not in seen
        )
        found = replace(found, findings=(*found.findings, *more))
    return found


def _stdin() -> Text:
    if sys.stdin is None:
        message = "stdin is closed, so there is nothing to read there"
        raise UsageError(message, hint="Give the path of a profile")
    if can_ask():
        tell("Reading a profile from the terminal; Ctrl-D ends it.")
    data = sys.stdin.buffer.read(LARGEST + 1)
    if not data:
        message = "nothing came in on standard input"
        raise UsageError(message, hint="`-` stands for it: `deployer check - < profile.yaml`")
    text = data[:LARGEST].decode("utf-8", errors="surrogateescape")
    return layered(NAMED_STDIN, text)


def _named(found: Found) -> None:
    """Say which files were taken for profiles, where they were not named, and which were not."""
    if found.how:
        number = len(found.files)
        more = [f"and {number - NAMED} more"] if number > NAMED else []
        names = ", ".join([*map(visible, found.files[:NAMED]), *more])
        how = f"found {found.how}"
        tell(f"Checked {number} profile{'' if number == 1 else 's'}, {how}: {names}")
    for reason in found.passed:
        tell(f"note: not taken for a profile: {reason}")
