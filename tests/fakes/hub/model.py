"""A tiny model repository with real safetensors files, written by the format's own words."""

from __future__ import annotations

import json
import random

INDEX = "model.safetensors.index.json"


def safetensors(tensors: dict[str, bytes]) -> bytes:
    """Write a file: 8 bytes of length, the header padded with spaces, then the tensors."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, data in tensors.items():
        end = at + len(data)
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(tensors.values())


def shard_name(number: int, count: int) -> str:
    return f"model-{number:05d}-of-{count:05d}.safetensors"


def model_files(shards: int = 3, size: int = 200_000, seed: int = 1) -> dict[str, bytes]:
    """Make a repository: config, tokenizer, template, an index and its shards, and some ballast."""
    noise = random.Random(seed)  # noqa: S311 - the same bytes every time
    weights: dict[str, bytes] = {}
    weight_map: dict[str, str] = {}
    for number in range(1, shards + 1):
        name = shard_name(number, shards)
        tensors = {
            f"layers.{number}.{part}": noise.randbytes(size // 2 + number) for part in ("a", "b")
        }
        weights[name] = safetensors(tensors)
        weight_map |= dict.fromkeys(tensors, name)
    total = sum(map(len, weights.values()))
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    return {
        "config.json": b'{"model_type": "tiny"}',
        "generation_config.json": b"{}",
        "tokenizer.json": noise.randbytes(3000),
        "tokenizer_config.json": b'{"chat_template": "{{ messages }}"}',
        "chat_template.jinja": b"{{ messages }}",
        INDEX: json.dumps(index).encode(),
        **weights,
        "README.md": b"# A model",
        "original/consolidated.00.pth": noise.randbytes(1000),
        "model-q4.gguf": noise.randbytes(1000),
    }
