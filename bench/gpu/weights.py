"""A checkpoint with random weights that the engine loads: of a shape, with fewer layers.

    PYTHON bench/gpu/weights.py SHAPE FOLDER [--layers N]

Runs in the engine's environment. Qwen3's dense model and its experts in FP8 with block scales are
what it knows. Each layer is a file; FOLDER is left as it is where its config is there already.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from options import refuse
from shapes import SHAPES, TOKENIZER, config

BLOCK = 128
"""Weights in each direction that share a scale (the checkpoints' ``weight_block_size``)."""


def main() -> int:
    """Write the checkpoint; 2 for a shape whose names are not known here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shape")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=6)
    options = parser.parse_args()
    said = config(options.shape, options.layers)
    if said["model_type"] not in ("qwen3", "qwen3_moe"):
        sys.stderr.write(f"the names of {said['model_type']}'s weights are not known here\n")
        return 2
    if find_spec("torch") is None:
        refuse(f"{sys.executable} has no PyTorch: run it in an engine's environment")
    make(said, options.folder)
    return 0


def make(said: dict[str, Any], folder: Path) -> None:
    """Write a checkpoint of the config, its config last."""
    if (folder / "config.json").exists():
        return
    torch: Any = import_module("torch")
    save: Any = import_module("safetensors.torch").save_file
    folder.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for index in range(said["num_hidden_layers"]):
        tensors = {
            name: _tensor(torch, name, size, kind, device)
            for name, size, kind in names(said, index)
        }
        save(tensors, str(folder / f"model-{index:05}.safetensors"))
    for name in TOKENIZER:
        shutil.copyfile(SHAPES / "tokenizer" / name, folder / name)
    (folder / "config.json").write_text(json.dumps(said), encoding="utf-8")


def names(said: dict[str, Any], index: int) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Give the tensors of a layer, with what is outside of any in the first one's file."""
    width, size = said["hidden_size"], said["head_dim"]
    layer = f"model.layers.{index}."
    heads, keys = said["num_attention_heads"] * size, said["num_key_value_heads"] * size
    for name, rows in (("q_proj", heads), ("k_proj", keys), ("v_proj", keys)):
        yield from _linear(said, f"{layer}self_attn.{name}", rows, width)
    yield from _linear(said, f"{layer}self_attn.o_proj", width, heads)
    for name, rows in (("self_attn.q_norm", size), ("self_attn.k_norm", size)):
        yield f"{layer}{name}.weight", (rows,), "norm"
    for name in ("input_layernorm", "post_attention_layernorm"):
        yield f"{layer}{name}.weight", (width,), "norm"
    experts = said.get("num_experts", 0)
    if experts:
        yield f"{layer}mlp.gate.weight", (experts, width), "plain"
    inner = said["moe_intermediate_size"] if experts else said["intermediate_size"]
    for own in [f"experts.{at}." for at in range(experts)] or [""]:
        for name in ("gate_proj", "up_proj"):
            yield from _linear(said, f"{layer}mlp.{own}{name}", inner, width)
        yield from _linear(said, f"{layer}mlp.{own}down_proj", width, inner)
    if index == 0:
        yield "model.embed_tokens.weight", (said["vocab_size"], width), "plain"
        yield "lm_head.weight", (said["vocab_size"], width), "plain"
        yield "model.norm.weight", (width,), "norm"


def _linear(
    said: dict[str, Any], name: str, rows: int, columns: int
) -> Iterator[tuple[str, tuple[int, ...], str]]:
    if "quantization_config" not in said:
        yield f"{name}.weight", (rows, columns), "plain"
        return
    yield f"{name}.weight", (rows, columns), "fp8"
    yield f"{name}.weight_scale_inv", (-(-rows // BLOCK), -(-columns // BLOCK)), "scale"


def _tensor(torch: Any, name: str, size: tuple[int, ...], kind: str, device: str) -> Any:
    if kind == "norm":
        return torch.ones(size, dtype=torch.bfloat16)
    if kind == "scale":
        return torch.full(size, 0.0002, dtype=torch.float32)
    found = torch.randn(size, device=device, dtype=torch.bfloat16)
    made = found.mul_(64).to(torch.float8_e4m3fn) if kind == "fp8" else found.mul_(0.02)
    if not made.is_contiguous():
        raise AssertionError(name)
    return made.cpu()


if __name__ == "__main__":
    sys.exit(main())
