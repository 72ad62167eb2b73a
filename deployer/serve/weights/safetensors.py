"""The header of a safetensors file: cheap to read, and it states how long the file must be.

The format: 8 bytes, the length N of the header as a little-endian integer; N bytes of JSON, for
each tensor its ``data_offsets`` within what follows; then the tensors, without a hole (the
format's README in huggingface/safetensors, and ``Metadata::validate`` in its ``tensor.rs``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.codec import read_json

if TYPE_CHECKING:
    from pathlib import Path

LENGTH = 8
LONGEST = 100_000_000
"""The longest header, in bytes, that the format allows (``MAX_HEADER_SIZE`` in ``tensor.rs``)."""


def problem(path: Path, size: int) -> str:
    """Say what is wrong with the header of a file of ``size`` bytes; '' if nothing is.

    Raises ``OSError``.
    """
    with path.open("rb") as file:
        start = file.read(LENGTH)
        length = int.from_bytes(start, "little")
        if len(start) < LENGTH or length > min(LONGEST, size - LENGTH):
            return "its first 8 bytes are not the length of a safetensors header"
        text = file.read(length)
    try:
        ends = _end(read_json(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return "its safetensors header cannot be read"
    if ends is None:
        return "its safetensors header leaves a hole or an overlap between tensors"
    whole = LENGTH + length + ends
    return "" if whole == size else f"its header describes {whole} bytes, and it has {size}"


def _end(header: dict[str, Any]) -> int | None:
    """Give where the last tensor ends; None if they do not follow one upon another."""
    tensors = (entry for name, entry in header.items() if name != "__metadata__")
    ranges = sorted((int(a), int(b)) for a, b in (entry["data_offsets"] for entry in tensors))
    at = 0
    for begin, end in ranges:
        if begin != at or end < begin:
            return None
        at = end
    return at
