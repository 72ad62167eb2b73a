"""Which slices of a model's layers are whole blocks of FP8 scales, and what is known by a name."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.check.blocks import block, undivided
from deployer.check.families import is_nvfp4
from deployer.compile.case import Case
from deployer.profile.load import load_profile
from tests.check.sane import changed
from tests.dumped import dumped

LATENT: dict[str, Any] = {
    "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
    "num_attention_heads": 8,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "hidden_size": 1024,
}


def layers(architecture: str, ranks: int) -> dict[str, tuple[int, ...]]:
    return {one.name: one.slices for one in undivided(architecture, LATENT, ranks, ranks)}


def test_an_up_projection_of_latent_attention_is_divided_by_heads() -> None:
    """Eight heads of 192 over eight GPUs end within a block of 128; over four they do not."""
    assert layers("GlmMoeDsaForCausalLM", 8) == {"self_attn.q_b_proj": (192,)}
    assert layers("GlmMoeDsaForCausalLM", 4) == {}
    assert layers("GlmMoeDsaForCausalLM", 1) == {}


def test_of_an_architecture_that_nobody_has_read_nothing_is_said() -> None:
    assert layers("NobodysForCausalLM", 8) == {}


@pytest.mark.parametrize(
    ("repo", "expected"),
    [("nobody/Large-NVFP4", True), ("nobody/Large-FP8", False), ("nobody/Large", False)],
)
def test_of_a_checkpoint_that_is_not_known_the_name_says_that_it_is_nvfp4(
    repo: str, *, expected: bool
) -> None:
    loaded = load_profile(dumped(changed({"model": {"repo": repo}})), "p.yaml")
    assert loaded.profile is not None, loaded.findings

    assert is_nvfp4(Case(loaded.profile)) is expected


@pytest.mark.parametrize("sides", [None, [], 128, "128"])
def test_a_checkpoint_whose_blocks_have_no_sides_has_none(sides: object) -> None:
    told = {"quantization_config": {"quant_method": "fp8", "weight_block_size": sides}}
    assert block(LATENT) == 128
    assert block(told) == 0
