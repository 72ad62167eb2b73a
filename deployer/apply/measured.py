"""What was measured here, kept by name and release: what a new run or score is compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from deployer.apply.files import make_folder, state_home, write_whole
from deployer.codec import decode_json, encode
from deployer.late import compile_pattern
from deployer.measure.canary.score import Score
from deployer.measure.run import FORMAT, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KEPT = 50
"""Runs, and scores, that are kept of a name."""

_NAME = compile_pattern(r"[a-z0-9][a-z0-9-]{0,47}")
_FILE = compile_pattern(r"[0-9]{1,12}\.[0-9]{3}-[a-z0-9]{1,12}\.json")
"""Names of what is kept here; whatever else lies there is somebody else's, and left alone."""

_FOLDERS = {Run: "bench", Score: "canary"}

MeasuredT = TypeVar("MeasuredT", Run, Score)


def keep(measured: Run | Score, environ: Mapping[str, str]) -> Path:
    """Keep a run or a score, and let go of those older than :data:`KEPT` others of its name.

    Raises Failure where it cannot be written.
    """
    folder = _folder(type(measured), measured.name, environ)
    make_folder(folder)
    path = folder / f"{measured.started:.3f}-{measured.digest[:12] or 'unknown'}.json"
    write_whole(path, json.dumps(encode(measured)) + "\n")
    for old in _files(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def last(
    kind: type[MeasuredT], name: str, environ: Mapping[str, str], *, digest: str = ""
) -> MeasuredT | None:
    """Give the newest of a name, of this release only where a digest is given; None for none."""
    found = kept(kind, name, environ)
    return next((each for each in found if not digest or each.digest == digest), None)


def best(score: Score, environ: Mapping[str, str]) -> Score | None:
    """Give the best former score of the same questions, the newest of equals; None for none."""
    found = kept(Score, score.name, environ)
    same = (
        each for each in found
        if each.started < score.started and score.chance(each) is not None
    )  # fmt: skip
    return max(same, key=lambda each: each.right, default=None)


def kept(kind: type[MeasuredT], name: str, environ: Mapping[str, str]) -> Iterator[MeasuredT]:
    """Give all that is kept of a name, the newest first.

    What cannot be read, or is of another version of this program, is passed over.
    """
    if _NAME.fullmatch(name) is None:
        return
    for path in reversed(_files(_folder(kind, name, environ))):
        try:
            yield decode_json(kind, path.read_text("utf-8"), FORMAT)
        except (OSError, ValueError):  # no UTF-8, no JSON, or no run
            continue


def _folder(kind: type[Run | Score], name: str, environ: Mapping[str, str]) -> Path:
    return state_home(environ) / _FOLDERS[kind] / name


def _files(folder: Path) -> list[Path]:
    """Give what is kept in a folder, the oldest first."""
    try:
        found = [path for path in folder.iterdir() if _FILE.fullmatch(path.name)]
    except OSError:  # there is none, or nobody may look: then nothing is known of it
        return []
    return sorted(found, key=lambda path: float(path.name.partition("-")[0]))
