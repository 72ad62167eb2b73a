"""Which models compile no kernels of DeepGEMM, so that nobody is billed for a compilation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployer.behaviour.kernel_need import config_at, unused
from deployer.cli.reading import read_release
from deployer.release import Argument, Hardware, Release, Variable

LLAMA = {"architectures": ["LlamaForCausalLM"], "hidden_size": 4096}
BLOCKS = {"quant_method": "fp8", "weight_block_size": [128, 128]}
BASE = replace(
    read_release("profiles/b200-fp8-eagle.yaml"), arguments=(), hardware=Hardware("H100", 1)
)


def with_flag(flag: str, *values: str) -> Release:
    return replace(BASE, arguments=(Argument(flag, values, "engine.args.x"),))


@pytest.mark.parametrize(
    ("config", "none"),
    [
        (LLAMA, True),
        ({**LLAMA, "quantization_config": {"quant_method": "awq"}}, True),
        ({"architectures": ["A"], "text_config": {"hidden_size": 1}}, True),
        ({**LLAMA, "quantization_config": BLOCKS}, False),
        ({**LLAMA, "quantization_config": {"quant_method": "modelopt"}}, False),
        ({**LLAMA, "compression_config": {"quant_method": "compressed-tensors"}}, False),
        ({**LLAMA, "kv_lora_rank": 512}, False),
        ({"architectures": ["A"], "text_config": {"index_topk": 2048}}, False),
        ({"hidden_size": 4096}, False),
        (None, False),
    ],
)
def test_how_the_weights_are_stored_decides(config: dict[str, Any] | None, none: bool) -> None:
    assert bool(unused(BASE, config)) is none


@pytest.mark.parametrize(
    ("release", "none"),
    [
        (with_flag("--moe-runner-backend", "deep_gemm"), False),
        (with_flag("--moe-a2a-backend", "deepep"), False),
        (with_flag("--quantization", "fp8"), False),
        (with_flag("--speculative-draft-model-path", "/d"), False),
        (with_flag("--enable-two-batch-overlap"), False),
        (with_flag("--tp-size", "8"), True),
        (with_flag("--moe-runner-backend", "triton"), True),
    ],
)
def test_what_asks_for_it_is_not_overlooked(release: Release, none: bool) -> None:
    assert bool(unused(release, LLAMA)) is none


def test_the_gpu_and_the_switch_decide_without_a_configuration() -> None:
    off = Variable("SGLANG_ENABLE_JIT_DEEPGEMM", "0", "engine.env")

    assert "sm80" in unused(replace(BASE, hardware=Hardware("A100-80GB", 1)))
    assert unused(replace(BASE, environment=(off,))).endswith("is 0")


def test_a_file_beside_the_configuration_says_that_it_is_quantized(tmp_path: Path) -> None:
    assert config_at(tmp_path) is None
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    assert unused(BASE, config_at(tmp_path))
    (tmp_path / "hf_quant_config.json").write_text("{}")
    assert not unused(BASE, config_at(tmp_path))
