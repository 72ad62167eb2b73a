"""The header's own law: tensors follow one upon another and end with the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.serve.weights.safetensors import problem
from tests.fakes.hub.model import safetensors

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("safetensors") / "model.safetensors"


@given(st.dictionaries(st.text(min_size=1), st.binary(max_size=50)))
def test_every_file_by_the_format_is_right_and_no_shorter_or_longer_one(
    file: Path, tensors: dict[str, bytes]
) -> None:
    tensors.pop("__metadata__", None)
    data = safetensors(tensors)
    file.write_bytes(data)
    assert problem(file, len(data)) == ""
    file.write_bytes(data[:-1])
    assert problem(file, len(data) - 1) != ""
    file.write_bytes(data + b"\0")
    assert problem(file, len(data) + 1) != ""


def header_problem(file: Path, header: object, data: bytes = b"12345678") -> str:
    text = json.dumps(header).encode()
    whole = len(text).to_bytes(8, "little") + text + data
    file.write_bytes(whole)
    return problem(file, len(whole))


@pytest.mark.parametrize(
    "ranges", [[[0, 4], [5, 8]], [[0, 5], [4, 8]], [[1, 8]], [[0, 8], [8, 7]], [[-1, 8]]]
)
def test_holes_and_overlaps_are_found(file: Path, ranges: list[list[int]]) -> None:
    header = {str(i): {"data_offsets": found} for i, found in enumerate(ranges)}
    assert header_problem(file, header) != ""


@pytest.mark.parametrize(
    "header", [None, [], "text", {"a": 1}, {"a": {}}, {"a": {"data_offsets": [0]}}]
)
def test_what_is_no_header_is_found(file: Path, header: object) -> None:
    assert header_problem(file, header) == "its safetensors header cannot be read"


def test_a_file_of_a_few_bytes_is_none(file: Path) -> None:
    file.write_bytes(b"1234")
    assert "first 8 bytes" in problem(file, 4)
