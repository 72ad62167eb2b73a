"""How much is said of what is right all the same: `--verbose` and `--quiet`, on every verb alike.

Errors and warnings are always said. Notes are counted by `check`, and shown with `--verbose`;
`--quiet` leaves even the count out. The formats for programs hold them all, but with `--quiet`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

import click

from deployer.errors import UsageError
from deployer.finding import Finding, Severity

Notes = Literal["brief", "full", "none"]
CommandT = TypeVar("CommandT", bound=Callable[..., Any])

_KEY = f"{__name__}.notes"


def notes_options(command: CommandT) -> CommandT:
    """Give a verb that tells findings both options; :func:`wanted` knows which was given."""
    both: tuple[tuple[str, Notes, str], ...] = (
        ("--verbose", "full", "Say notes, too: what may be right as it is."),
        ("--quiet", "none", "Do not say notes, nor how many there are."),
    )
    for option, notes, text in reversed(both):
        command = click.option(
            option, is_flag=True, expose_value=False, help=text, callback=_stored(notes)
        )(command)
    return command


def wanted() -> Notes:
    """Give what the verb that runs was asked for."""
    context = click.get_current_context(silent=True)
    found: Notes = context.meta.get(_KEY, "brief") if context is not None else "brief"
    return found


def without_notes(findings: Iterable[Finding]) -> list[Finding]:
    """Give the findings that are said unless notes are wanted."""
    return [one for one in findings if one.severity is not Severity.NOTE]


def counted(findings: Sequence[Finding]) -> str:
    """Count the notes that are not shown: ``3 notes, --verbose shows them``; or the empty text."""
    notes = sum(one.severity is Severity.NOTE and not one.allowed for one in findings)
    if not notes or wanted() != "brief":
        return ""
    return (
        f"{notes} note{'s' if notes > 1 else ''}, --verbose shows {'them' if notes > 1 else 'it'}"
    )


def _stored(notes: Notes) -> Callable[[click.Context, click.Parameter, bool], None]:
    def store(context: click.Context, _parameter: click.Parameter, given: bool) -> None:  # noqa: FBT001
        if given and context.meta.get(_KEY, notes) != notes:
            msg = "--verbose and --quiet contradict each other"
            raise UsageError(msg)
        if given:
            context.meta[_KEY] = notes

    return store
