"""The runs that were measured here, kept by release: what a new one is compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deployer.apply.files import make_folder, state_home, write_whole
from deployer.codec import DecodeError, decode_json, encode
from deployer.late import compile_pattern
from deployer.measure.run import FORMAT, Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEPT = 50
"""Runs that are kept of a name."""

_NAME = compile_pattern(r"[a-z0-9][a-z0-9-]{0,47}")


def keep(run: Run, environ: Mapping[str, str]) -> Path:
    """Keep a run, and let go of those that are older than :data:`KEPT` others of its name.

    Raises Failure where it cannot be written.
    """
    folder = _folder(run.name, environ)
    make_folder(folder)
    path = folder / f"{run.started:.3f}-{run.digest[:12] or 'unknown'}.json"
    write_whole(path, json.dumps(encode(run)) + "\n")
    for old in _files(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def last(name: str, environ: Mapping[str, str], *, digest: str = "") -> Run | None:
    """Give the newest run of a name, of this release only where a digest is given; None for none.

    What cannot be read, or is of another version of this program, is passed over.
    """
    if _NAME.fullmatch(name) is None:
        return None
    for path in reversed(_files(_folder(name, environ))):
        try:
            run = decode_json(Run, path.read_text("utf-8"), FORMAT)
        except (OSError, DecodeError):
            continue
        if not digest or run.digest == digest:
            return run
    return None


def _folder(name: str, environ: Mapping[str, str]) -> Path:
    return state_home(environ) / "bench" / name


def _files(folder: Path) -> list[Path]:
    found = folder.glob("*.json") if folder.is_dir() else ()
    return sorted(found, key=lambda path: float(path.name.partition("-")[0]))
