"""SGLang's own resolution, held as golden text: a release that decides otherwise is seen here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.engine.environment import EngineEnvironment
from deployer.engine.model_config import model_config
from deployer.engine.overlay import Interpreter, find_interpreter
from deployer.engine.resolution import Resolution, resolution
from deployer.engine.resolve import Answer, ask
from deployer.release import Argument, Release
from tests.engines.resolving import answers, for_release
from tests.volume import THOROUGH
from tools.held import interpreter

pytestmark = [pytest.mark.engine]

PROFILES = ("b200-fp8-eagle", "b200-no-spec", "h200-fallback")
NEWEST = "0.5.23"
SHIPPED = "0.5.10.post1"

ALL = ("0.5.9", "0.5.12", "0.5.14", "0.5.18", "0.5.20")
LAYOUTS = ALL if THOROUGH else ALL[::4]
"""Releases whose arguments are laid out each in another way; one takes ten seconds of CPU."""

WATCHED = (
    "kv_cache_dtype",
    "attention_backend",
    "nsa_prefill_backend",
    "nsa_decode_backend",
    "dsa_prefill_backend",
    "dsa_decode_backend",
    "moe_runner_backend",
    "speculative_moe_runner_backend",
    "speculative_num_steps",
    "speculative_num_draft_tokens",
    "page_size",
    "mem_fraction_static",
    "chunked_prefill_size",
    "max_prefill_tokens",
    "max_running_requests",
    "cuda_graph_max_bs",
    "cuda_graph_config.decode.max_bs",
    "disable_overlap_schedule",
    "disable_shared_experts_fusion",
    "flashinfer_allreduce_fusion_backend",
    "quantization",
    "sampling_backend",
)
"""The fields that decide speed, memory and accuracy."""


def _with(release: Release, *arguments: Argument) -> Release:
    """Give the release with these arguments in the place of those with their flags."""
    new = {argument.flag: argument for argument in arguments}
    kept = tuple(argument for argument in release.arguments if argument.flag not in new)
    return replace(release, arguments=(*kept, *new.values()))


def _without(release: Release, *flags: str) -> Release:
    kept = tuple(argument for argument in release.arguments if argument.flag not in flags)
    return replace(release, arguments=kept)


def _ask(engine: Interpreter, *releases: Release) -> list[Resolution]:
    """Ask about releases in one process. The first one's variables hold for all."""
    found = ask(engine, releases, model_config(releases[0].model))
    return [_beside(engine, *each) for each in zip(releases, found, strict=True)]


def _beside(engine: Interpreter, release: Release, answer: Answer) -> Resolution:
    source = model_config(release.model).source
    return resolution(release, answer, engine=engine, stated=engine.version, model=source)


def _golden(found: Resolution) -> str:
    """Write the watched values, each with where it is from; `!` marks a changed one."""
    assert found.accepted, found.message
    rows = {row.option.removeprefix("--").replace("-", "_"): row for row in found.rows}
    lines = [
        f"{'!' if row.kind == 'changed' else ' '} {name} = {row.resolved} ({row.key or row.kind})"
        for name in WATCHED
        if (row := rows.get(name)) is not None
    ]
    return "\n".join(lines)


DSA_WITH_TP = (
    "DSA with TP mode is active, attn_dp_size=1, tp_size=8, attn_tp_size=8, "
    "attention weights will be sharded across 8 ranks."
)


@pytest.fixture(scope="module")
def newest(engine_environment: EngineEnvironment) -> Interpreter:
    assert engine_environment.version == NEWEST
    return find_interpreter(NEWEST)


@pytest.fixture(scope="module")
def found(newest: Interpreter) -> dict[str, Resolution]:
    """Ask about the shipped profiles and variations of them in one process, which costs a start."""
    eagle, plain, hopper = (for_release(name, NEWEST) for name in PROFILES)
    tree = Argument("--speculative-eagle-topk", ("4",), "speculative.eagle_topk")
    drafts = Argument("--speculative-num-draft-tokens", ("8",), "speculative.num_draft_tokens")
    page = Argument("--page-size", ("48",), "engine.args.page-size")
    wrong = Argument("--kv-cache-dtype", ("fp9",), "memory.kv_cache_dtype")
    cases = {
        **dict(zip(PROFILES, (eagle, plain, hopper), strict=True)),
        "no dtype on B200": _without(eagle, "--kv-cache-dtype"),
        "no dtype on H200": _without(hopper, "--kv-cache-dtype"),
        "a tree of drafts": _with(eagle, tree, drafts),
        "a page that the kernels lack": _with(plain, page),
        "no such dtype": _with(eagle, wrong),
    }
    return dict(zip(cases, _ask(newest, *cases.values()), strict=True))


B200_EAGLE = """\
  kv_cache_dtype = bfloat16 (memory.kv_cache_dtype)
  attention_backend = dsa (kernels.attention)
  dsa_prefill_backend = flashmla_sparse (kernels.prefill)
  dsa_decode_backend = trtllm (kernels.decode)
  moe_runner_backend = flashinfer_trtllm (moe.runner)
  speculative_moe_runner_backend = flashinfer_trtllm (filled)
  speculative_num_steps = 3 (speculative.num_steps)
  speculative_num_draft_tokens = 4 (speculative.num_steps)
  page_size = 64 (filled)
  mem_fraction_static = 0.85 (memory.mem_fraction_static)
  chunked_prefill_size = 16384 (filled)
  max_prefill_tokens = 32768 (schedule.max_prefill_tokens)
  max_running_requests = 48 (schedule.max_running_requests)
  cuda_graph_config.decode.max_bs = 48 (filled)
  disable_overlap_schedule = False (default)
  disable_shared_experts_fusion = True (filled)
  flashinfer_allreduce_fusion_backend = auto (kernels.allreduce_fusion)
  quantization = fp8 (filled)
  sampling_backend = flashinfer (filled)"""

B200_NO_SPEC = """\
  kv_cache_dtype = bfloat16 (memory.kv_cache_dtype)
  attention_backend = dsa (kernels.attention)
  dsa_prefill_backend = flashmla_sparse (kernels.prefill)
  dsa_decode_backend = trtllm (kernels.decode)
  moe_runner_backend = flashinfer_trtllm (moe.runner)
  speculative_moe_runner_backend = flashinfer_trtllm (filled)
  speculative_num_steps = None (default)
  speculative_num_draft_tokens = None (default)
  page_size = 64 (filled)
  mem_fraction_static = 0.85 (memory.mem_fraction_static)
  chunked_prefill_size = 16384 (filled)
  max_prefill_tokens = 32768 (schedule.max_prefill_tokens)
  max_running_requests = 48 (schedule.max_running_requests)
  cuda_graph_config.decode.max_bs = 48 (filled)
  disable_overlap_schedule = False (default)
  disable_shared_experts_fusion = True (filled)
  flashinfer_allreduce_fusion_backend = auto (kernels.allreduce_fusion)
  quantization = fp8 (filled)
  sampling_backend = flashinfer (filled)"""

H200_FALLBACK = """\
  kv_cache_dtype = bfloat16 (memory.kv_cache_dtype)
  attention_backend = dsa (kernels.attention)
  dsa_prefill_backend = flashmla_sparse (filled)
  dsa_decode_backend = fa3 (filled)
  moe_runner_backend = auto (default)
  speculative_moe_runner_backend = auto (filled)
  speculative_num_steps = 3 (speculative.num_steps)
  speculative_num_draft_tokens = 4 (speculative.num_steps)
  page_size = 64 (filled)
  mem_fraction_static = 0.85 (memory.mem_fraction_static)
  chunked_prefill_size = 8192 (filled)
  max_prefill_tokens = 32768 (schedule.max_prefill_tokens)
  max_running_requests = 48 (schedule.max_running_requests)
  cuda_graph_config.decode.max_bs = 48 (filled)
  disable_overlap_schedule = False (default)
  disable_shared_experts_fusion = False (default)
  flashinfer_allreduce_fusion_backend = auto (filled)
  quantization = None (default)
  sampling_backend = flashinfer (filled)"""

GOLDEN = dict(zip(PROFILES, (B200_EAGLE, B200_NO_SPEC, H200_FALLBACK), strict=True))


@pytest.mark.parametrize("name", PROFILES)
def test_the_shipped_profiles(found: dict[str, Resolution], name: str) -> None:
    assert _golden(found[name]) == GOLDEN[name]


def test_what_the_profiles_hear(found: dict[str, Resolution]) -> None:
    assert [line.text for line in found["b200-fp8-eagle"].said] == [
        "Setting page size to 64 for DeepSeek DSA.",
        "Set dense attention kv len threshold to model index_topk=2048 for DeepSeek with DSA.",
        DSA_WITH_TP,
        "Set DSA backends for bfloat16 KV Cache: prefill=flashmla_sparse, decode=trtllm.",
        "FlashInfer TRTLLM MoE is enabled. --disable-shared-experts-fusion is automatically set.",
    ]


def _value(found: Resolution, option: str) -> object:
    (row,) = (row for row in found.rows if row.option == option)
    return row.resolved


def test_without_a_dtype_b200_takes_fp8_and_says_so(found: dict[str, Resolution]) -> None:
    answer = found["no dtype on B200"]
    assert _value(answer, "--kv-cache-dtype") == "fp8_e4m3"
    said = [line.text for line in answer.said]
    assert "Setting KV cache dtype to fp8_e4m3 for DeepSeek DSA on SM10 device." in said
    assert any("you should also explicitly set --kv-cache-dtype" in text for text in said)


def test_without_a_dtype_h200_takes_bfloat16(found: dict[str, Resolution]) -> None:
    answer = found["no dtype on H200"]
    assert _value(answer, "--kv-cache-dtype") == "bfloat16"
    assert "Setting KV cache dtype to bfloat16 for DeepSeek DSA on SM9 device." in [
        line.text for line in answer.said
    ]


def test_a_tree_of_drafts_is_refused(found: dict[str, Resolution]) -> None:
    answer = found["a tree of drafts"]
    assert answer.outcome == "refused"
    assert answer.message == (
        "speculative_eagle_topk > 1 with page_size > 1 is only supported on ('flashinfer', 'fa3', "
        "'triton'); got attention_backend='dsa'. Use page_size == 1 or one of those backends."
    )
    assert answer.where.startswith("sglang/srt/arg_groups/speculative_hook.py:")


def test_what_is_changed_against_the_profile(found: dict[str, Resolution]) -> None:
    (row,) = found["a page that the kernels lack"].of("changed")
    assert (row.option, row.key, row.profile, row.resolved) == (
        "--page-size",
        "engine.args.page-size",
        "48",
        64,
    )


def test_a_value_that_does_not_exist_is_refused(found: dict[str, Resolution]) -> None:
    answer = found["no such dtype"]
    assert (answer.outcome, answer.where) == ("refused", "the parser")
    assert answer.message.startswith("argument --kv-cache-dtype: invalid choice: 'fp9'")


SHIPPED_EAGLE = """\
  kv_cache_dtype = bfloat16 (memory.kv_cache_dtype)
  attention_backend = nsa (kernels.attention)
  nsa_prefill_backend = flashmla_sparse (kernels.prefill)
  nsa_decode_backend = trtllm (kernels.decode)
  moe_runner_backend = flashinfer_trtllm (moe.runner)
  speculative_moe_runner_backend = auto (filled)
  speculative_num_steps = 3 (speculative.num_steps)
  speculative_num_draft_tokens = 4 (speculative.num_steps)
  page_size = 64 (filled)
  mem_fraction_static = 0.85 (memory.mem_fraction_static)
  chunked_prefill_size = 16384 (filled)
  max_prefill_tokens = 32768 (schedule.max_prefill_tokens)
  max_running_requests = 48 (schedule.max_running_requests)
  cuda_graph_max_bs = 512 (filled)
  disable_overlap_schedule = False (default)
  disable_shared_experts_fusion = True (filled)
  quantization = fp8 (filled)
  sampling_backend = flashinfer (filled)"""


@pytest.mark.wheels
def test_the_release_that_is_shipped(newest: Interpreter) -> None:
    release = for_release("b200-fp8-eagle", SHIPPED)
    answer = _beside(Interpreter(SHIPPED, newest.python), release, answers(SHIPPED)[0])
    assert _golden(answer) == SHIPPED_EAGLE
    spec_v2 = "Spec v2 is enabled for eagle/eagle3 speculative decoding and overlap schedule is "
    assert f"{spec_v2}turned on." in [line.text for line in answer.said]


@pytest.mark.wheels
@pytest.mark.parametrize("version", LAYOUTS)
@pytest.mark.usefixtures("engine_environment")
def test_other_releases(version: str) -> None:
    """Each layout of SGLang's arguments resolves on the one environment."""
    with interpreter(version) as engine:
        eagle, hopper = _ask(
            engine,
            _without(for_release("b200-no-spec", version), "--kv-cache-dtype"),
            for_release("h200-fallback", version),
        )
    assert (eagle.accepted, hopper.accepted) == (True, True), eagle.message + hopper.message
    assert _value(eagle, "--kv-cache-dtype") == "fp8_e4m3"
    assert _value(hopper, "--page-size") == 64
    assert [row.key for row in hopper.rows if row.option == "--tp-size"] == ["hardware.count"]
