"""Advice names keys to who writes a profile, and flags to who writes a command."""

from __future__ import annotations

import pytest

from deployer.check.wording import as_flags, as_keys, field_of_option


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("write `--dsa-decode-backend trtllm` instead", "write `kernels.decode: trtllm` instead"),
        ("write `--tp-size`", "write `parallel.tp`"),
        ("write `--disable-cuda-graph`", "write `kernels.cuda_graph: false`"),
        ("did you mean `--enable-mixed-chunk`?", "did you mean `--enable-mixed-chunk`?"),
    ],
)
def test_a_flag_with_a_field_is_named_by_it(text: str, keys: str) -> None:
    assert as_keys("0.5.23", text) == keys


@pytest.mark.parametrize(
    ("path", "text", "flags"),
    [
        ("hardware.count", "with `parallel.ep: 8`", "with `--ep-size 8`"),
        ("memory.kv_cache_dtype", "`kv_cache_dtype: bf16`", "`--kv-cache-dtype bf16`"),
        ("memory.kv_cache_dtype", "`fp8_e4m3` is meant", "`fp8_e4m3` is meant"),
        ("speculative.algorithm", "leave `speculative` out", "leave `--speculative-*` out"),
        (
            "kernels.allreduce_fusion",
            "write `kernels.allreduce_fusion: false`",
            "leave `--enable-flashinfer-allreduce-fusion` out",
        ),
        ("x.y", "write `mm-x: true` under `engine.args`, which", "write `--mm-x`, which"),
        ("x.y", 'write `A_B: "1"` under `engine.env`', "write `A_B=1` in its environment"),
        ("kernels.cuda_graph", "with `cuda_graph: false`", "with `--disable-cuda-graph`"),
    ],
)
def test_a_key_with_a_flag_is_named_by_it(path: str, text: str, flags: str) -> None:
    assert as_flags("0.5.23", path, text) == flags


def test_what_a_flag_says_only_in_part_has_no_field() -> None:
    assert field_of_option("0.5.23", "--tp-size") == "parallel.tp"
    assert field_of_option("0.5.23", "--flashinfer-allreduce-fusion-backend") == ""
