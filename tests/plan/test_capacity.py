"""The size of the KV pool: the table of the research, and what there is no number for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.cli.reading import read_release
from deployer.fit.fit import Fit, fit
from deployer.plan.capacity import NoEstimate, Server, estimate
from deployer.plan.speculation import memory
from deployer.release import Argument, Release

B200 = read_release("profiles/b200-fp8-eagle.yaml")
H200 = read_release("profiles/h200-fallback.yaml")


def stated(release: Release, **values: str) -> Release:
    """Give a release with other values of flags; an empty one takes the flag away."""
    flags = {f"--{name.replace('_', '-')}": value for name, value in values.items()}
    kept = tuple(a for a in release.arguments if a.flag not in flags)
    added = tuple(Argument(flag, (value,), flag) for flag, value in flags.items() if value)
    return replace(release, arguments=kept + added)


@pytest.mark.parametrize(
    ("release", "fraction", "dtype", "thousands", "gib"),
    [
        (B200, "0.88", "bfloat16", 708, 66.0),
        (B200, "0.85", "bfloat16", 651, 60.7),
        (B200, "0.88", "fp8_e4m3", 1283, 66.0),
        (B200, "0.85", "fp8_e4m3", 1180, 60.7),
        (B200, "0.85", "auto", 1180, 60.7),
        (H200, "0.85", "bf16", 299, 27.8),
        (H200, "0.85", "auto", 299, 27.8),
        (H200, "0.85", "fp8_e4m3", 542, 31.0),
        (H200, "0.88", "bfloat16", 343, 32.0),
        (H200, "0.88", "fp8_e4m3", 622, 35.6),
    ],
)
def test_the_published_and_the_derived_pools(
    release: Release, fraction: str, dtype: str, thousands: int, gib: float
) -> None:
    pool = estimate(stated(release, mem_fraction_static=fraction, kv_cache_dtype=dtype))

    assert isinstance(pool, Server)
    assert round(pool.tokens / 1000) == thousands
    assert round(pool.gib, 1) == gib
    assert not pool.pool.capped


def test_a_number_that_stays_is_not_told_instead_of_itself() -> None:
    said = memory(B200, stated(B200, max_running_requests="64"))

    assert "reserves up to 8 tokens of the pool, as before (512 for 64 requests instead of" in said
    assert "captured for 4 tokens a request, as before, in memory" in said


def test_before_0514_what_drafts_takes_nothing_of_the_pool() -> None:
    assert estimate(stated(B200, speculative_algorithm="")) == estimate(B200)


@pytest.mark.parametrize("cap", ["65536", "64Ki", "65.536k"])
def test_a_cap_is_the_pool_where_it_is_smaller(cap: str) -> None:
    pool = estimate(stated(B200, max_total_tokens=cap))

    assert isinstance(pool, Server)
    assert (pool.tokens, pool.pool.capped, round(pool.gib, 2)) == (65536, True, 6.11)


def test_the_layout_of_an_fp8_cache_is_that_of_the_kernels_which_a_release_takes() -> None:
    """0.5.10.post1 takes TRT-LLM's on SM100, whatever is asked; 0.5.11 and later obey."""
    asked = stated(B200, kv_cache_dtype="fp8_e4m3", nsa_decode_backend="flashmla_kv")
    own = stated(B200, kv_cache_dtype="fp8_e4m3")
    obeyed = replace(asked, engine=replace(asked.engine, version="0.5.12"))
    overruled, chosen, later = (estimate(one) for one in (asked, own, obeyed))

    assert isinstance(overruled, Server)
    assert isinstance(later, Server)
    assert overruled == chosen
    assert later.tokens == overruled.tokens, "until 0.5.16 it is sized without its scales"
    assert later.gib > overruled.gib


def test_the_engines_own_fraction_counts_where_none_is_stated() -> None:
    unstated, said = estimate(stated(B200, mem_fraction_static="")), fit(stated(B200))

    assert isinstance(unstated, Server)
    assert isinstance(said, Fit)
    chosen = estimate(stated(B200, mem_fraction_static=f"{said.own.fraction}"))
    assert unstated == chosen


@pytest.mark.parametrize(
    ("release", "reason"),
    [
        (stated(B200, tp_size="2"), "348.6 GiB of weights do not fit"),
        (stated(B200, tp_size="7"), "64 attention heads cannot be divided over 7 ranks"),
        (stated(B200, cpu_offload_gb="4"), "does not cover --cpu-offload-gb"),
        (stated(B200, speculative_algorithm="NGRAM"), "the memory of NGRAM is not known"),
        (stated(B200, kv_cache_dtype="nvfp4"), "a nvfp4 cache is not known"),
        (stated(B200, mem_fraction_static="much"), "no number"),
        (stated(B200, max_total_tokens="1.5Ki"), "no number"),
        (stated(B200, mem_fraction_static="0.3"), "do not fit"),
        (replace(B200, hardware=replace(B200.hardware, gpu="L4")), "do not fit"),
        (replace(B200, hardware=replace(B200.hardware, gpu="none")), "it runs on no GPU"),
        (replace(B200, model=replace(B200.model, repo="a/b")), "the memory of a/b"),
        (read_release("profiles/cpu-tiny.yaml"), "it runs on no GPU"),
    ],
)
def test_where_there_is_no_number_the_reason_is_said(release: Release, reason: str) -> None:
    found = estimate(release)

    assert isinstance(found, NoEstimate)
    assert reason in found.reason
