"""What `comment` reads is data: anything but what `check` writes is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.report.review_markdown import LIMIT
from deployer.report.review_markdown import MARKER as REPORTED
from tools.action.result import LONGEST, MARKER, Result, WrongResultError, read, write

COMMIT = "a" * 40
TEXT = f"{MARKER}\n### What this changes at run time\n\n`größer`\n"
RIGHT = {"changed": True, "code": 0, "head": COMMIT, "format_version": 1}


def written(folder: Path, text: str = TEXT) -> str:
    return write(folder, Result(changed=True, code=1, head=COMMIT), text)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    digest = written(tmp_path)

    assert read(tmp_path, digest) == (Result(changed=True, code=1, head=COMMIT), TEXT)
    assert read(tmp_path, "") == read(tmp_path, digest)


def test_the_marker_and_the_length_are_those_of_the_report() -> None:
    assert MARKER == REPORTED
    assert LIMIT < LONGEST


@pytest.mark.parametrize("name", ["result.json", "diff.md"])
def test_what_another_job_has_replaced_is_refused(name: str, tmp_path: Path) -> None:
    digest = written(tmp_path)
    path = tmp_path / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("true", "false").replace("changes", "breaks"), encoding="utf-8")

    with pytest.raises(WrongResultError, match="digests differ"):
        read(tmp_path, digest)


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        "text",
        {},
        {**RIGHT, "number": 1},
        {**RIGHT, "changed": "true"},
        {**RIGHT, "code": True},
        {**RIGHT, "head": "main"},
        {**RIGHT, "head": f"{COMMIT}\n::notice::x"},
        {**RIGHT, "head": None},
        {**RIGHT, "format_version": 2},
    ],
)
def test_another_form_is_refused(value: object, tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "result.json").write_text(json.dumps(value), encoding="utf-8")

    with pytest.raises(WrongResultError, match="form"):
        read(tmp_path, "")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "no|not JSON"),
        (b"[" * 9_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b" " * 10_001, "larger than 10,000 bytes"),
        (b"1" * 9_000, "not JSON|form"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "result.json").write_bytes(data)

    with pytest.raises(WrongResultError, match=message):
        read(tmp_path, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("### Approved\n", "does not begin"),
        (f" {TEXT}", "does not begin"),
        (f"{TEXT}<!-- deployer-diff -->\n", "does not begin"),
        (f"{TEXT}\x1b[2J", "escapes"),
        (f"{TEXT}\u202e", "escapes"),
        (f"{TEXT}\r\n", "escapes"),
        (f"{MARKER}\n{'x' * LONGEST}", "more than 65,536 characters"),
        (f"{MARKER}\n{'x' * 5 * LONGEST}", "larger than 262,144 bytes"),
    ],
)
def test_a_text_of_another_form_is_refused(text: str, message: str, tmp_path: Path) -> None:
    digest = written(tmp_path, text)

    with pytest.raises(WrongResultError, match=message):
        read(tmp_path, digest)


PLANTS: dict[str, Callable[[Path], object]] = {
    "link": lambda path: path.symlink_to("/proc/self/environ"),
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_links_pipes_and_what_is_missing_are_refused(
    plant: Callable[[Path], object], tmp_path: Path
) -> None:
    written(tmp_path)
    (tmp_path / "diff.md").unlink()
    plant(tmp_path / "diff.md")

    with pytest.raises(WrongResultError, match=r"^diff\.md (cannot be read|is no ordinary file)"):
        read(tmp_path, "")
