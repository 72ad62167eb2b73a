"""What fits: the table of the research, the published pools, and the laws of an estimate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.behaviour.unknown import NoEstimate
from deployer.cli.reading import read_release
from deployer.facts.gpus import GPUS
from deployer.facts.models.catalogue import find
from deployer.fit.fit import Fit, fit
from deployer.release import Argument, Release
from tests.shapes import MODELS

B200 = read_release("profiles/b200-fp8-eagle.yaml")
NO_SPEC = read_release("profiles/b200-no-spec.yaml")
H200 = read_release("profiles/h200-fallback.yaml")
THOUSAND = 1000


def stated(release: Release, **values: str) -> Release:
    """Give a release with other values of flags; an empty one takes the flag away."""
    flags = {f"--{name.replace('_', '-')}": value for name, value in values.items()}
    kept = tuple(a for a in release.arguments if a.flag not in flags)
    added = tuple(Argument(flag, (value,), flag) for flag, value in flags.items() if value)
    return replace(release, arguments=kept + added)


def serving(repo: str, gpu: str, version: str = "0.5.10.post1", **values: str) -> Release:
    """Give a release of a model on a GPU with nothing but these flags."""
    bare = replace(
        H200,
        model=replace(H200.model, repo=repo),
        engine=replace(H200.engine, version=version),
        hardware=replace(H200.hardware, gpu=gpu),
        arguments=(),
    )
    return stated(bare, **values)


def found(release: Release, **options: object) -> Fit:
    answer = fit(release, **options)  # type: ignore[arg-type]
    assert isinstance(answer, Fit), answer
    return answer


@pytest.mark.parametrize(
    ("release", "fraction", "dtype", "thousands"),
    [
        (B200, 0.88, "bfloat16", 700),
        (B200, 0.88, "fp8_e4m3", 1270),
        (B200, 0.85, "bfloat16", 644),
        (B200, 0.85, "fp8_e4m3", 1170),
        (H200, 0.85, "bfloat16", 296),
        (H200, 0.88, "bfloat16", 340),
    ],
)
def test_the_table_of_the_research_within_3_percent(
    release: Release, fraction: float, dtype: str, thousands: int
) -> None:
    answer = found(stated(release, kv_cache_dtype=dtype), fraction=fraction)

    assert answer.tokens == pytest.approx(thousands * THOUSAND, rel=0.03)


def test_the_shipped_profiles_hold_a_full_context() -> None:
    for release in (B200, NO_SPEC, H200):
        answer = found(release)
        assert answer.fits_once
        assert answer.longest == answer.context == 202_752
        assert answer.each == answer.tokens // 48


def test_data_parallel_attention_has_a_pool_on_every_rank() -> None:
    apart = stated(H200, dp_size="8")
    apart = replace(apart, arguments=(*apart.arguments, Argument("--enable-dp-attention", (), "")))
    answer = found(apart)

    assert answer.ranks == 8
    assert (answer.weights, round(answer.copies, 1)) == (99.85, 4.2)
    assert answer.bytes_each == 100_152
    assert answer.each == answer.tokens // 6


def test_since_0522_the_same_is_said_with_one_flag() -> None:
    one = found(stated(H200, attn_dp_size="8"))

    assert (one.ranks, one.weights) == (8, 99.85)


def with_engine(release: Release, version: str) -> Release:
    return replace(release, engine=replace(release.engine, version=version))


def test_until_0513_what_drafts_is_loaded_when_the_pool_has_its_size() -> None:
    """0.5.10.post1 ``scheduler.py:631``: the target's pool first; 0.5.14: models first."""
    before, after = (found(with_engine(H200, one)) for one in ("0.5.13", "0.5.14"))

    assert (before.bytes_each, after.bytes_each) == (78 * 1284, 79 * 1284)
    assert before.tokens > after.tokens
    assert before.later > 1.7
    assert after.later == 0
    assert after.weights - before.weights == pytest.approx(1.8, abs=0.1)


def test_until_0516_the_scales_of_fp8_are_not_counted() -> None:
    """The pool is sized with 576 bytes a token and layer, and takes 656 (0.5.17 counts them)."""
    release = stated(H200, kv_cache_dtype="fp8_e4m3", speculative_algorithm="")
    old, new = (found(with_engine(release, one)) for one in ("0.5.16", "0.5.17"))

    assert (old.bytes_each, new.bytes_each) == (78 * 708, 78 * 788)
    assert old.pool is not None
    assert old.pool.gib == pytest.approx(old.tokens * 78 * 788 / 1024**3)
    assert old.rest < new.rest


def test_whole_experts_take_what_slices_take() -> None:
    assert found(stated(H200, ep_size="8")).tokens == found(H200).tokens


def test_a_pipeline_has_the_pool_of_its_smallest_stage() -> None:
    repo = "Qwen/Qwen3-235B-A22B-FP8"
    one = found(serving(repo, "H100", tp_size="4", pp_size="2", mem_fraction_static="0.85"))

    assert one.bytes_each == 47 * 512
    assert one.tokens > 367_404


def test_without_a_stated_fraction_the_engines_own_is_taken() -> None:
    answer = found(stated(B200, mem_fraction_static=""))

    assert (answer.fraction, answer.stated) == (0.83, False)
    assert answer.own.fraction == answer.fraction


def test_what_ifs() -> None:
    assert found(B200, gpu="H200").gpu == "H200"
    assert found(B200, fraction=0.9).fraction == 0.9
    assert found(B200, gpu="B300").tokens > 2 * found(B200).tokens


def test_weights_beyond_the_gpu() -> None:
    answer = found(H200, gpu="H100")

    assert (answer.pool, answer.tokens, answer.smallest) == (None, 0, None)
    assert answer.rest < 0
    assert not answer.fits_once


@pytest.mark.parametrize(
    ("release", "reason"),
    [
        (serving("a/b", "H200"), "the memory of a/b is not among the known facts"),
        (serving("Qwen/Qwen3-32B", "H200", quantization="fp8"), "`--quantization fp8`"),
        (serving("Qwen/Qwen3-32B", "H200", speculative_algorithm="EAGLE"), "memory of EAGLE"),
        (stated(H200, tp_size="0"), "no number"),
        (stated(H200, attn_dp_size="3"), "cannot be divided into 3"),
    ],
)
def test_no_number_is_said_with_its_reason(release: Release, reason: str) -> None:
    answer = fit(release)

    assert isinstance(answer, NoEstimate)
    assert reason in answer.reason


def test_a_checkpoint_says_what_auto_makes_of_its_cache() -> None:
    known = find("Qwen/Qwen3-32B")
    assert known is not None
    assert known.model is not None
    tokens = {}
    for algorithm in ("", "FP8"):
        given = replace(known, model=replace(known.model, cache_algorithm=algorithm))
        tokens[algorithm] = found(serving("Qwen/Qwen3-32B", "H200"), checkpoint=given).tokens
    strange = replace(known, model=replace(known.model, cache_algorithm="INT3"))
    answer = fit(serving("Qwen/Qwen3-32B", "H200"), checkpoint=strange)

    assert tokens["FP8"] == pytest.approx(2 * tokens[""], abs=1)
    assert isinstance(answer, NoEstimate)
    assert answer.hint == "state `memory.kv_cache_dtype`"


DIVIDED = sorted(
    repo for repo, one in MODELS.items() if one.attention is None or one.attention.heads % 8 == 0
)
repos = st.sampled_from(DIVIDED)
gpus = st.sampled_from(["H100", "H200", "B200", "B300"])
fractions = st.floats(0.3, 0.95)


@given(repos, gpus, fractions, st.floats(0, 0.04))
def test_more_fraction_never_fewer_tokens(
    repo: str, gpu: str, fraction: float, more: float
) -> None:
    release = serving(repo, gpu, tp_size="8")

    assert (
        found(release, fraction=fraction + more).tokens >= found(release, fraction=fraction).tokens
    )


@given(repos, gpus, fractions, st.sampled_from([1, 2, 4]))
def test_twice_the_gpus_never_fewer_tokens(
    repo: str, gpu: str, fraction: float, ranks: int
) -> None:
    one = found(serving(repo, gpu, tp_size=str(ranks)), fraction=fraction)
    two = found(serving(repo, gpu, tp_size=str(2 * ranks)), fraction=fraction)

    assert two.tokens >= one.tokens
    assert two.weights < one.weights


@given(repos, gpus, fractions)
def test_fp8_never_holds_fewer_tokens(repo: str, gpu: str, fraction: float) -> None:
    full = found(serving(repo, gpu, tp_size="8", kv_cache_dtype="bfloat16"), fraction=fraction)
    half = found(serving(repo, gpu, tp_size="8", kv_cache_dtype="fp8_e4m3"), fraction=fraction)

    page = 128  # a pool is a whole number of pages, so that the half that was cut off may be one
    assert full.tokens <= half.tokens <= 2 * full.tokens + page or full.tokens < page


@given(repos, gpus, fractions, st.integers(1, 2_000_000))
def test_a_cap_only_takes_away(repo: str, gpu: str, fraction: float, cap: int) -> None:
    free = found(serving(repo, gpu, tp_size="8"), fraction=fraction)
    capped = found(serving(repo, gpu, tp_size="8", max_total_tokens=str(cap)), fraction=fraction)

    assert capped.tokens == min(cap, free.tokens)
    assert capped.rest >= free.rest


@given(repos, st.sampled_from(sorted(GPUS)), st.sampled_from([1, 2, 4, 8]))
def test_a_gpu_is_the_sum_of_its_parts(repo: str, gpu: str, ranks: int) -> None:
    answer = found(serving(repo, gpu, tp_size=str(ranks)))
    pool = answer.pool.gib if answer.pool else 0

    parts = answer.taken + answer.weights + answer.copies + pool + answer.rest
    parts += answer.states + answer.later
    assert parts == pytest.approx(answer.total)
    assert 0 < answer.own.fraction < 1


@given(repos, gpus, st.sampled_from([2, 4, 8]))
def test_the_smallest_fraction_holds_one_context(repo: str, gpu: str, ranks: int) -> None:
    release = serving(repo, gpu, tp_size=str(ranks))
    smallest = found(release).smallest

    if smallest is not None:
        assert found(release, fraction=smallest).tokens >= found(release).context - 64
