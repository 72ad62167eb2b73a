"""What `check` hands to `comment`: a folder of files that are read as data.

`result.json` says what was compared and what came of it, `diff.md` is the text for reviewers. They
may have travelled as an artifact, which other jobs of the same run can replace; so their digest
travels beside them, as an output of the job that wrote them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MARKER = "<!-- deployer-diff -->"
"""The first line of `diff.md`, by which a comment is known (`deployer/report`)."""

LONGEST = 65_536
"""Characters that GitHub takes as the body of a comment."""

LARGEST = {"result.json": 10_000, "diff.md": 4 * LONGEST}
"""Bytes that each file may have; a character is four at most."""

FORMAT_VERSION = 1

COMMIT = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})?")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What the text has none of: control characters, and those that turn the direction of others."""


class WrongResultError(Exception):
    """The folder does not hold what `check` writes; the text says why."""


@dataclass(frozen=True)
class Result:
    """What was compared (``head`` is the pull request's own commit), and what came of it."""

    changed: bool
    code: int
    head: str
    format_version: int = FORMAT_VERSION


def write(folder: Path, result: Result, markdown: str) -> str:
    """Write the folder; gives the digest of what is in it."""
    contents = {"result.json": json.dumps(asdict(result)), "diff.md": markdown}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return _digest({name: content.encode() for name, content in contents.items()})


def read(folder: Path, digest: str) -> tuple[Result, str]:
    """Read it, with its Markdown; raises WrongResultError where it is anything else.

    ``digest`` is what the job that wrote it says, '' where it has not travelled.
    """
    contents = {name: _content(folder / name, size) for name, size in LARGEST.items()}
    if digest and _digest(contents) != digest:
        msg = "it is not what the check wrote: the digests differ"
        raise WrongResultError(msg)
    try:
        value = json.loads(contents["result.json"])
        markdown = contents["diff.md"].decode("utf-8")
    except (ValueError, RecursionError) as error:
        msg = f"it is not JSON and text: {type(error).__name__}"
        raise WrongResultError(msg) from error
    return _result(value), _text(markdown)


def _content(path: Path, largest: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        msg = f"{path.name} cannot be read: {error.strerror}"
        raise WrongResultError(msg) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        msg = f"{path.name} is no ordinary file"
        raise WrongResultError(msg)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        msg = f"{path.name} is larger than {largest:,} bytes"
        raise WrongResultError(msg)
    return data


def _result(value: Any) -> Result:  # noqa: ANN401 - whatever the file holds
    kinds: dict[str, type] = {"changed": bool, "code": int, "head": str, "format_version": int}
    right = (
        isinstance(value, dict)
        and value.keys() == kinds.keys()
        and all(type(value[name]) is kind for name, kind in kinds.items())
        and value["format_version"] == FORMAT_VERSION
        and COMMIT.fullmatch(value["head"]) is not None
    )
    if not right:
        msg = "result.json does not have the form that the check writes"
        raise WrongResultError(msg)
    return Result(**value)


def _text(markdown: str) -> str:
    if not markdown.startswith(f"{MARKER}\n") or markdown.count("<!--") != 1:
        msg = "diff.md does not begin as the check's does"
        raise WrongResultError(msg)
    if CONTROL.search(markdown):
        msg = "diff.md holds characters that the check writes as escapes"
        raise WrongResultError(msg)
    if len(markdown) > LONGEST:
        msg = f"diff.md has more than {LONGEST:,} characters"
        raise WrongResultError(msg)
    return markdown


def _digest(contents: dict[str, bytes]) -> str:
    parts = (f"{name} {len(data)}\n".encode() + data for name, data in sorted(contents.items()))
    return hashlib.sha256(b"".join(parts)).hexdigest()
