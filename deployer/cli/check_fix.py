"""`deployer check --fix` for profiles: the safe cures, written where a finding is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployer.cli.checking import STDIN
from deployer.cli.links import followed, is_own
from deployer.cli.say import tell
from deployer.errors import UsageError
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deployer.check.across.identity import Siblings
    from deployer.cli.reading import Checked
    from deployer.finding import Finding, Span
    from deployer.report.upgrade import Flags
    from deployer.upgrade.notes import Upgrade

ROUNDS = 8
"""Times that a profile is judged again: a cure may show another mistake that has one."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """One profile with its cures: what changed, None where nothing did, and what is found then."""

    after: Checked
    change: Upgrade | None = None
    written: bool = False
    flags: Flags | None = None

    def told(self) -> dict[str, object]:
        """Give what became of a file that changed, for JSON; nothing of another."""
        from deployer import codec  # noqa: PLC0415 - only for JSON
        from deployer.report.upgrade import diff  # noqa: PLC0415 - as above

        if self.change is None:
            return {}
        return {
            "file": self.change.file,
            "written": self.written,
            "flags": None if self.flags is None else codec.encode(self.flags),
            "notes": [codec.encode(note) for note in self.change.notes],
            "diff": diff(self.change),
            **({"also": [each.file for each in self.change.also]} if self.change.also else {}),
        }


def refuse(words: Sequence[str], engine: str | None, form: str) -> None:
    """Raise UsageError for what cannot be mended, before anything is read."""
    if any(word == STDIN or is_own(word) for word in words):
        msg = "`--fix` writes into the file of a profile, and standard input is none"
        raise UsageError(msg, hint="Give the path of a profile")
    if engine is not None:
        msg = "`--fix` mends a profile for its own release"
        hint = f"For another: `deployer upgrade PROFILE --engine {engine} --write`"
        raise UsageError(msg, hint=hint)
    if form not in {"text", "json"}:
        msg = f"`--fix` shows the change of files, which `--format {form}` has no place for"
        raise UsageError(msg, hint="Write `--format text` or `--format json`")


def fixed(
    before: Iterable[Checked], kept: frozenset[str] | None, *, write: bool
) -> tuple[Fixed, ...]:
    """Mend profiles that were checked, each whole or not at all.

    ``kept`` are the checks that were asked for. Raises Failure where a file cannot be written;
    those before it are written then, and said.
    """
    from deployer.cli.siblings import beside  # noqa: PLC0415 - reads every profile around

    found = tuple(before)
    around = beside([one.path for one in found])
    return tuple(_fixed(one, kept, around[one.path], write=write) for one in found)


def _fixed(one: Checked, kept: frozenset[str] | None, around: Siblings, *, write: bool) -> Fixed:
    from deployer.cli.layers import read_profile  # noqa: PLC0415 - as above
    from deployer.cli.locks import read_lock  # noqa: PLC0415 - as above
    from deployer.cli.reading import read_checked  # noqa: PLC0415 - as above
    from deployer.cli.upgrade_verb import renew_flags  # noqa: PLC0415 - as above
    from deployer.cli.writing import write_file  # noqa: PLC0415 - as above
    from deployer.profile.layers import own  # noqa: PLC0415 - as above
    from deployer.upgrade.upgrade import mend  # noqa: PLC0415 - as above

    if one.unread:
        return Fixed(one)
    after, change, lock = one, None, read_lock(one.path)
    text = read_profile(one.path)
    for _ in range(ROUNDS):
        step = mend(text, one.path, _wrong(after.findings))
        if step is not None and not step.changed:
            step = mend(text, one.path, (), _stale(after.findings, own(text)))
        if step is None or not step.changed:
            break
        change = step if change is None else _joined(change, step)
        text = step.whole
        after = read_checked(one.path, "", kept, siblings=around, content=text, beside=lock)
    if change is None or not write:
        return Fixed(after, change)
    for each in change.files:
        write_file(str(followed(each.file)), each.text)
        tell(f"wrote {visible(each.file)}")
    right = None if after.wrong() else after.case
    return Fixed(after, change, written=True, flags=renew_flags(one.path, right))


def _wrong(findings: Sequence[Finding]) -> frozenset[str]:
    """Give the keys that something is found at, and nothing is allowed at."""
    allowed = {finding.path for finding in findings if finding.allowed}
    return frozenset(finding.path for finding in findings) - allowed


def _stale(findings: Sequence[Finding], text: str) -> tuple[Span, ...]:
    """Give the comments of which nothing that they allow is found any more."""
    from deployer.check.allow import UNUSED  # noqa: PLC0415 - as above

    spans = Counter(one.span for one in findings if one.check == UNUSED and one.span is not None)
    lines = text.splitlines()
    return tuple(span for span, count in spans.items() if count == _ids(lines, span))


def _ids(lines: Sequence[str], span: Span) -> int:
    """Count what stands in the brackets of a comment."""
    listed = lines[span.line - 1][span.column - 1 :].partition("[")[2].partition("]")[0]
    return len({one.strip() for one in listed.split(",")} - {""})


def _joined(first: Upgrade, second: Upgrade) -> Upgrade:
    notes = dict.fromkeys((*first.notes, *second.notes))
    also = tuple(_joined(one, other) for one, other in zip(first.also, second.also, strict=True))
    return replace(second, old_text=first.old_text, notes=tuple(notes), also=also)
