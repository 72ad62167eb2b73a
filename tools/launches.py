"""How many of the listed public launch files import places: `python -m tools.launches FOLDER`.

The files are those of `tests/data/launches.jsonl`, or of the second list beside it (`--second`).
They are other people's and stand in no commit: FOLDER holds clones, or bare repositories, each at
`OWNER/NAME`; a file is read at its commit, and its digest is compared. `--held-out` measures the
half that nothing was built by.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import posixpath
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deployer.adopt.adopt import NoLaunchError
from deployer.adopt.file import from_file
from deployer.adopt.note import Kind
from deployer.adopt.wishes import Wishes
from deployer.check.run import load_checked
from deployer.errors import Failure
from deployer.parse.config import ConfigError

DATA = Path(__file__).parents[1] / "tests" / "data"
LIST = DATA / "launches.jsonl"
SECOND = DATA / "launches_second.jsonl"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the list."""

    repository: str
    commit: str
    path: str
    kind: str
    sha256: str
    held_out: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import made of a file.

    ``asked`` and ``left_out`` are its notes of these kinds, ``doubted`` what `check` refuses in
    what the file says, with a `TODO` above it; ``beyond`` the errors of `check` that no `TODO`
    explains. It is placed where the profile says all that the launch says, but for what only its
    author can answer.
    """

    listed: Listed
    refused: str = ""
    asked: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    @property
    def placed(self) -> bool:
        """Whether everything found its place or became a question."""
        return not (self.refused or self.left_out or self.beyond)

    @property
    def whole(self) -> bool:
        """Whether there is not even a question."""
        return self.placed and not self.asked and not self.doubted


def listed(path: Path = LIST) -> list[Listed]:
    """Read a list."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Listed(**json.loads(line)) for line in lines]


def content(one: Listed, folder: Path, beside: str = "") -> str | None:
    """Read a file, or one beside it, at its commit; None where there is none."""
    repository = folder / one.repository
    path = posixpath.normpath(PurePosixPath(one.path).parent / beside) if beside else one.path
    shown = subprocess.run(
        [shutil.which("git") or "git", "-C", str(repository), "show", f"{one.commit}:{path}"],
        capture_output=True,
        check=False,
    )
    if shown.returncode:
        return None
    if not beside and hashlib.sha256(shown.stdout).hexdigest() != one.sha256:
        message = f"{one.repository}/{one.path} is not the file of the list"
        raise SystemExit(message)
    return shown.stdout.decode("utf-8", "replace")


def outcome(one: Listed, folder: Path) -> Outcome:
    """Import a file, and check what comes out."""
    text = content(one, folder)
    if text is None:
        message = f"{one.repository} at {one.commit} is not below {folder}"
        raise SystemExit(message)
    try:
        adopted = from_file(one.path, text, Wishes(), lambda path: content(one, folder, path))
    except (NoLaunchError, ConfigError, Failure) as error:
        return Outcome(one, refused=str(error))
    asked = {note.path: note.text for note in adopted.notes if note.kind is Kind.TODO}
    doubted = {note.path: note.text for note in adopted.notes if note.kind is Kind.REFUSED}
    sections = {path.partition(".")[0] for path in asked}
    beyond = [
        f"{found.check} at {found.path}: {found.message}"
        for found in load_checked(adopted.profile, one.path)[1]
        if found.severity == "error"
        and found.path not in doubted
        and found.path.partition(".")[0] not in sections
    ]
    left = [note.text for note in adopted.notes if note.kind is Kind.LEFT_OUT]
    doubts = tuple(doubted.values())
    return Outcome(one, "", tuple(asked.values()), tuple(left), doubts, tuple(beyond))


def report(outcomes: list[Outcome], *, every: bool) -> Iterator[str]:
    """Give the lines of the report: a table by kind, and what was not placed."""
    yield f"{'kind':12}{'files':>7}{'placed':>8}{'doubted':>9}{'whole':>7}"
    kinds = Counter(one.listed.kind for one in outcomes)
    for kind, count in sorted(kinds.items()):
        of_kind = [one for one in outcomes if one.listed.kind == kind]
        yield _row(kind, count, of_kind)
    placed = sum(one.placed for one in outcomes)
    yield _row("all", len(outcomes), outcomes)
    yield f"{100 * placed / max(1, len(outcomes)):.1f} % placed"
    for one in outcomes:
        if not one.placed or every:
            of = one.listed
            yield f"{of.kind} {of.sha256[:12]} {of.repository} {of.path}"
            yield from (f"    refused: {one.refused}" for _ in [0] if one.refused)
            yield from (f"    left out: {text}" for text in one.left_out)
            yield from (f"    doubted: {text}" for text in one.doubted if every)
            yield from (f"    beyond: {text}" for text in one.beyond)
            yield from (f"    asked: {text}" for text in one.asked if every)


def _row(kind: str, count: int, outcomes: list[Outcome]) -> str:
    placed, whole = sum(one.placed for one in outcomes), sum(one.whole for one in outcomes)
    doubted = sum(one.placed and bool(one.doubted) for one in outcomes)
    return f"{kind:12}{count:7}{placed:8}{doubted:9}{whole:7}"


def main() -> int:
    """Measure, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--second", action="store_true", help="Take the second list.")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument(
        "--every", action="store_true", help="Report the files that were placed, too."
    )
    given = parser.parse_args()
    every = listed(SECOND if given.second else LIST)
    chosen = [one for one in every if one.held_out == given.held_out]
    outcomes = [outcome(one, given.folder) for one in chosen]
    sys.stdout.writelines(f"{line}\n" for line in report(outcomes, every=given.every))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
