"""For each known bug a profile in its range, and changes of it that take it out of the range.

That other releases, GPUs and models are silent follows from the rules themselves and is tested for
every row; here stand the changes that only the profile's own settings make a difference of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .sane import Change, changed

EAGLE: Change = {"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1}
FP8: Change = {"memory": {"kv_cache_dtype": "fp8_e4m3"}}
NO_DRAFTS: Change = {"speculative": None}
GLM51 = "zai-org/GLM-5.1-FP8"
GLM5 = "zai-org/GLM-5-FP8"
FLASH = "zai-org/GLM-5.3-Flash"
NVFP4 = "nvidia/GLM-5.2-NVFP4"
V32 = "nvidia/DeepSeek-V3.2-NVFP4"


@dataclass(frozen=True)
class Row:
    """A bug: its check, where it is told, what is said, and what takes a profile out of it."""

    name: str
    path: str
    said: str
    profile: Change
    outside: tuple[Change, ...] = ()


def on(version: str, gpu: str, repo: str, **sections: Any) -> Change:
    """Give a change to a release, a GPU and a model, and sections of the profile."""
    args = sections.pop("args", None)
    env = sections.pop("env", None)
    own: Change = {
        "engine": {"version": version},
        "hardware": {"gpu": gpu},
        "model": {"repo": repo},
    }
    own["engine"] |= {"args": args} if args else {}
    own["engine"] |= {"env": env} if env else {}
    return changed(sections, own)


def args(**values: Any) -> Change:
    """Give flags under `engine.args`."""
    return {"engine": {"args": {name.replace("_", "-"): value for name, value in values.items()}}}


def env(**values: str) -> Change:
    """Give variables of the engine."""
    return {"engine": {"env": values}}


SPARSE = (
    Row(
        "fp8-kv-on-glm5",
        "memory.kv_cache_dtype",
        "76.7 instead of 95.3",
        on("0.5.10.post1", "B300", GLM51, **FP8),
        ({"memory": {"kv_cache_dtype": "bfloat16"}}, {"memory": {"kv_cache_dtype": "bf16"}}),
    ),
    Row(
        "fp8-kv-with-speculation",
        "speculative.algorithm",
        "GPQA 82.8 instead of 85.6",
        on("0.5.12", "B200", GLM51, memory={"kv_cache_dtype": None}, speculative=EAGLE),
        (NO_DRAFTS, {"memory": {"kv_cache_dtype": "bfloat16"}}),
    ),
    Row(
        "mixed-sparse-backends-fp8",
        "kernels.prefill",
        "`flashmla_sparse` for prefill and `trtllm` for decode",
        on("0.5.23", "B200", GLM51, kernels={"prefill": "flashmla_sparse"}, **FP8),
        (
            {"kernels": {"prefill": "trtllm"}},
            {"memory": {"kv_cache_dtype": "bfloat16"}},
            {"engine": {"version": "0.5.10.post1"}, "kernels": {"attention": "nsa"}},
        ),
    ),
    Row(
        "flashmla-sparse-prefill-fp8",
        "kernels.prefill",
        "`flashmla_sparse` prefill crashes",
        on("0.5.9", "H200", GLM51, kernels={"prefill": "flashmla_sparse"}, **FP8),
        ({"kernels": {"prefill": "flashmla_kv"}}, {"memory": {"kv_cache_dtype": "bfloat16"}}),
    ),
    Row(
        "flashmla-sparse-decode-fp8",
        "kernels.decode",
        "cannot decode from an FP8 KV cache",
        on("0.5.23", "H200", GLM51, kernels={"decode": "flashmla_sparse"}, **FP8),
        ({"kernels": {"decode": "flashmla_kv"}}, {"memory": {"kv_cache_dtype": "bfloat16"}}),
    ),
    Row(
        "flashmla-decode-fp8-on-blackwell",
        "kernels.decode",
        "misread the scales",
        on("0.5.9", "B200", GLM51, memory={"kv_cache_dtype": None}),
        (
            {"engine": {"version": "0.5.10.post1"}},
            {"memory": {"kv_cache_dtype": "bfloat16"}},
            {"kernels": {"decode": "trtllm"}},
        ),
    ),
    Row(
        "tilelang-with-fp8-kv",
        "kernels.prefill",
        "before SGLang 0.5.22",
        on("0.5.14", "H200", GLM51, kernels={"prefill": "tilelang", "decode": "tilelang"}, **FP8),
        (
            {"memory": {"kv_cache_dtype": "bfloat16"}},
            {"kernels": {"prefill": None, "decode": None}},
        ),
    ),
    Row(
        "fp8-kv-on-glm53-flash",
        "memory.kv_cache_dtype",
        "no kernels on H200",
        on("0.5.20", "H200", FLASH, **FP8),
        ({"memory": {"kv_cache_dtype": None}}, {"memory": {"kv_cache_dtype": "bfloat16"}}),
    ),
    Row(
        "trtllm-prefill-with-dp-attention",
        "kernels.prefill",
        "0.919 instead of 0.959",
        on(
            "0.5.9",
            "B200",
            GLM5,
            kernels={"prefill": "trtllm"},
            parallel={"dp": 8, "dp_attention": True},
        ),
        ({"parallel": {"dp_attention": None}}, {"kernels": {"prefill": "flashmla_sparse"}}),
    ),
    Row(
        "trtllm-prefill-with-bf16-kv",
        "kernels.prefill",
        "no pair that SGLang chooses",
        on("0.5.10.post1", "B200", GLM51, kernels={"prefill": "trtllm"}),
        ({"kernels": {"prefill": "flashmla_sparse"}}, {"kernels": {"prefill": None}}, FP8),
    ),
    Row(
        "b200-before-0510",
        "engine.version",
        "GLM-5 crashes on B200",
        on("0.5.9", "B200", GLM5),
    ),
    Row(
        "trtllm-moe-on-v32-nvfp4",
        "moe.runner",
        "crash with DeepSeek-V3.2",
        on("0.5.9", "B200", V32, moe={"runner": "flashinfer_trtllm"}),
        ({"moe": {"runner": "flashinfer_cutlass"}},),
    ),
    Row(
        "overlap-on-v32-nvfp4",
        "engine.env.SGLANG_ENABLE_SPEC_V2",
        "overlapped speculation crashes",
        on("0.5.9", "B200", V32, speculative=EAGLE, env={"SGLANG_ENABLE_SPEC_V2": "true"}),
        (NO_DRAFTS, env(SGLANG_ENABLE_SPEC_V2="0")),
    ),
)

FUSION = (
    Row(
        "fusion-hang-on-b200",
        "kernels.allreduce_fusion",
        "may hang at start",
        on("0.5.14", "B200", "Qwen/Qwen3-235B-A22B-FP8", kernels={"allreduce_fusion": True}),
        ({"kernels": {"allreduce_fusion": False}}, {"hardware": {"count": 4}}, args(nnodes=2)),
    ),
    Row(
        "fusion-hang-on-b200",
        "kernels.allreduce_fusion",
        "may hang at start",
        on("0.5.15.post1", "B200", GLM51),
        (
            {"kernels": {"allreduce_fusion": False}},
            {"parallel": {"dp": 8, "dp_attention": True}},
            {"model": {"repo": "Qwen/Qwen3-32B"}},
        ),
    ),
    Row(
        "fusion-hang-on-b200",
        "engine.args.flashinfer-allreduce-fusion-backend",
        "may hang at start",
        on("0.5.14", "B200", GLM51, args={"flashinfer-allreduce-fusion-backend": "mnnvl"}),
    ),
    Row(
        "mnnvl-fusion-on-b300",
        "kernels.allreduce_fusion",
        "may crash on B300",
        on("0.5.16", "B300", "nvidia/GLM-5.1-NVFP4", speculative=EAGLE),
        (
            NO_DRAFTS,
            args(flashinfer_allreduce_fusion_backend="trtllm"),
            {"kernels": {"allreduce_fusion": False}},
        ),
    ),
    Row(
        "mnnvl-fusion-with-drafts",
        "kernels.allreduce_fusion",
        "3.79 for 5.88",
        on("0.5.20", "B300", FLASH, speculative=EAGLE, kernels={"allreduce_fusion": True}),
        (
            NO_DRAFTS,
            args(flashinfer_allreduce_fusion_backend="trtllm"),
            {"kernels": {"allreduce_fusion": False}},
            {"kernels": {"allreduce_fusion": None}},
        ),
    ),
    Row(
        "fusion-across-nodes",
        "kernels.allreduce_fusion",
        "works within one node, and there are 2",
        on("0.5.10.post1", "B200", GLM51, kernels={"allreduce_fusion": True}, args={"nnodes": 2}),
        (
            {"kernels": {"allreduce_fusion": False}},
            args(nnodes=1),
            {"engine": {"version": "0.5.14"}, "kernels": {"attention": "dsa"}},
        ),
    ),
    Row(
        "fusion-across-nodes",
        "engine.args.flashinfer-allreduce-fusion-backend",
        "works within one node",
        on(
            "0.5.23",
            "B200",
            GLM51,
            args={"nnodes": 2, "flashinfer-allreduce-fusion-backend": "trtllm"},
        ),
        (args(flashinfer_allreduce_fusion_backend="mnnvl"),),
    ),
)

SPECULATION = (
    Row(
        "eagle-small-pool",
        "memory.max_total_tokens",
        "holds 65,536 tokens, less than one context of 202,752",
        on("0.5.10.post1", "B200", GLM51, speculative=EAGLE, memory={"max_total_tokens": 65536}),
        (
            NO_DRAFTS,
            {"memory": {"max_total_tokens": 400_000}},
            {"memory": {"max_total_tokens": None}},
            {"model": {"context_length": 32768}},
        ),
    ),
    Row(
        "small-pool-prefill",
        "memory.max_total_tokens",
        "2.0 prefill batches of 32,768",
        on(
            "0.5.12",
            "H200",
            GLM51,
            memory={"max_total_tokens": 65536},
            schedule={"max_prefill_tokens": 32768},
        ),
        ({"schedule": {"max_prefill_tokens": 8192}}, {"memory": {"max_total_tokens": None}}),
    ),
    Row(
        "hicache-with-eagle",
        "memory.hierarchical_cache",
        "fell from 4.49 to 1.59",
        on(
            "0.5.15.post1",
            "H200",
            GLM51,
            speculative=EAGLE,
            memory={"hierarchical_cache": True},
        ),
        (NO_DRAFTS, {"memory": {"hierarchical_cache": False}}),
    ),
    Row(
        "hicache-on-glm53-flash",
        "memory.hierarchical_cache",
        "corrupts answers",
        on("0.5.20", "H100", FLASH, memory={"hierarchical_cache": True}),
        ({"memory": {"hierarchical_cache": False}},),
    ),
    Row(
        "eagle-nvfp4-draft-experts",
        "speculative.algorithm",
        "may crash on `flashinfer_trtllm` experts",
        on("0.5.20", "B300", NVFP4, speculative=EAGLE),
        (
            NO_DRAFTS,
            args(speculative_moe_runner_backend="triton"),
            {"moe": {"runner": "flashinfer_cutlass"}},
        ),
    ),
    Row(
        "eagle-nvfp4-draft-experts",
        "engine.args.speculative-moe-runner-backend",
        "may crash",
        on(
            "0.5.20",
            "B200",
            NVFP4,
            speculative=EAGLE,
            args={"speculative-moe-runner-backend": "flashinfer_trtllm"},
        ),
    ),
    Row(
        "eagle-on-b300-0512",
        "speculative.algorithm",
        "cannot capture the draft's graphs",
        on("0.5.12", "B300", "nvidia/GLM-5-NVFP4", speculative=EAGLE),
        (NO_DRAFTS, {"kernels": {"cuda_graph": False}}),
    ),
    Row(
        "deepgemm-on-b300-0512",
        "engine.version",
        "DeepGEMM of SGLang 0.5.12 crashes",
        on("0.5.12.post1", "B300", GLM5),
        ({"kernels": {"fp8_gemm": "cutlass"}},),
    ),
    Row(
        "deepgemm-on-b300-0512",
        "kernels.fp8_gemm",
        "DeepGEMM of SGLang 0.5.12 crashes",
        on("0.5.12", "B300", GLM51, kernels={"fp8_gemm": "deep_gemm"}),
    ),
    Row(
        "accept-length-on-glm45-air",
        "speculative.algorithm",
        "accept length 1",
        on("0.5.10", "H100", "zai-org/GLM-4.5-Air-FP8", speculative=EAGLE),
        (NO_DRAFTS,),
    ),
    Row(
        "eagle-defeats-prefix-cache",
        "speculative.algorithm",
        "40 to 53 % of deep prompts",
        on("0.5.16", "B200", NVFP4, speculative=EAGLE),
        (NO_DRAFTS, {"memory": {"radix_cache": False}}),
    ),
    Row(
        "eagle-over-flashmla-on-h200",
        "speculative.algorithm",
        "may fail to be captured on H200",
        on("0.5.10.post1", "H200", GLM51, speculative=EAGLE, **FP8),
        (NO_DRAFTS, {"memory": {"kv_cache_dtype": "bfloat16"}}),
    ),
    Row(
        "context-parallel-with-drafts",
        "engine.args.enable-nsa-prefill-context-parallel",
        "ended in an error",
        on(
            "0.5.10.post1",
            "H200",
            GLM5,
            speculative=EAGLE,
            args={"enable-nsa-prefill-context-parallel": True},
        ),
        (NO_DRAFTS,),
    ),
    Row(
        "speculation-without-overlap",
        "speculative.algorithm",
        "does not overlap",
        on("0.5.10.post1", "H200", GLM51, speculative=EAGLE),
        (
            NO_DRAFTS,
            env(SGLANG_ENABLE_SPEC_V2="1"),
            {"speculative": {"eagle_topk": 4, "num_draft_tokens": 8}},
            on("0.5.9", "B200", V32),
        ),
    ),
)

EXPERTS = (
    Row(
        "nvfp4-long-prefill",
        "schedule.chunked_prefill_size",
        "chunks above 16,000 tokens",
        on("0.5.15.post1", "B200", NVFP4),
        (
            {"schedule": {"chunked_prefill_size": 8192}},
            {"moe": {"runner": "flashinfer_cutlass"}},
        ),
    ),
    Row(
        "nvfp4-long-prefill",
        "schedule.chunked_prefill_size",
        "chunks above 16,000 tokens",
        on("0.5.13", "B200", NVFP4, schedule={"chunked_prefill_size": -1}),
    ),
    Row(
        "nvfp4-nan-0515",
        "moe.runner",
        "collapse to `!!!!`",
        on("0.5.15.post1", "B200", NVFP4),
        ({"moe": {"runner": "flashinfer_cutlass"}}, {"moe": {"a2a": "deepep"}}),
    ),
    Row(
        "nvfp4-nan-0518",
        "moe.runner",
        "computes NaN",
        on("0.5.18", "B200", NVFP4, moe={"runner": "flashinfer_trtllm_routed"}),
        ({"moe": {"runner": "flashinfer_cutlass"}}, {"model": {"repo": GLM51}}),
    ),
    Row(
        "nvfp4-nan-0518",
        "moe.runner",
        "computes NaN",
        on(
            "0.5.18",
            "B200",
            "Qwen/Qwen3-235B-A22B",
            model={"quantization": "modelopt_fp4"},
            moe={"runner": "flashinfer_trtllm"},
        ),
        ({"model": {"quantization": None}},),
    ),
    Row(
        "megamoe-on-b300-0519",
        "moe.a2a",
        "MegaMoE crashes on B300",
        on("0.5.19", "B300", "deepseek-ai/DeepSeek-V4-Pro", moe={"a2a": "megamoe"}),
        ({"moe": {"a2a": "none"}},),
    ),
    Row(
        "trtllm-moe-on-glm53-flash",
        "moe.runner",
        "1.3 points lower",
        on("0.5.20", "B200", FLASH, moe={"runner": "flashinfer_trtllm"}),
        ({"moe": {"runner": "deep_gemm"}}, {"moe": None}),
    ),
    Row(
        "trtllm-decode-0516",
        "kernels.decode",
        "clears its whole workspace",
        on("0.5.16", "B200", GLM51),
        ({"kernels": {"decode": "flashmla_sparse"}},),
    ),
)

RELEASES = (
    Row(
        "glm52-over-pipeline",
        "parallel.pp",
        "crashes over pipeline stages",
        on("0.5.13.post1", "H200", "zai-org/GLM-5.2-FP8", parallel={"tp": 4, "pp": 2}),
        ({"parallel": {"tp": 8, "pp": 1}},),
    ),
    Row(
        "glm52-before-0513",
        "engine.version",
        "needs SGLang 0.5.13.post1, and this is 0.5.13",
        on("0.5.13", "H200", "zai-org/GLM-5.2-FP8"),
    ),
    Row(
        "glm45-parser-before-0510",
        "serving.reasoning_parser",
        "is Qwen3's parser",
        on("0.5.9", "H200", "zai-org/GLM-4.7-FP8"),
        ({"serving": {"reasoning_parser": "qwen3"}},),
    ),
    Row(
        "per-process-cache-unread",
        "engine.env.SGLANG_DG_CACHE_DIR_PER_PROCESS",
        "no release of SGLang",
        on("0.5.14", "H200", GLM51, env={"SGLANG_DG_CACHE_DIR_PER_PROCESS": "1"}),
        ({"engine": {"env": None}},),
    ),
    Row(
        "drain-skipped",
        "engine.env.SGL_FORCE_SHUTDOWN",
        "not drained for 25 s",
        on("0.5.10.post1", "H200", GLM51, env={"SGL_FORCE_SHUTDOWN": "1"}),
        (env(SGL_FORCE_SHUTDOWN="0"), {"lifecycle": {"drain_timeout": 0.0}}),
    ),
    Row(
        "engine-warmup-cut-short",
        "engine.env.SGLANG_WARMUP_TIMEOUT",
        "takes longer than 120 s",
        on("0.5.10.post1", "H200", GLM51, env={"SGLANG_WARMUP_TIMEOUT": "120"}),
        (
            env(SGLANG_WARMUP_TIMEOUT="1800"),
            env(SGLANG_WARMUP_TIMEOUT="-1"),
            env(SGLANG_WARMUP_TIMEOUT="soon"),
            args(skip_server_warmup=True),
        ),
    ),
    Row(
        "deepgemm-full-sweep",
        "lifecycle.startup_timeout",
        "about 30 minutes, not 900 s",
        on("0.5.10.post1", "H200", GLM51, lifecycle={"startup_timeout": 900.0}),
        (
            {"lifecycle": {"startup_timeout": 1800.0}},
            env(SGLANG_JIT_DEEPGEMM_FAST_WARMUP="1"),
            {"kernels": {"fp8_gemm": "triton"}},
        ),
    ),
)

QWEN3 = "Qwen/Qwen3-235B-A22B"
QWEN35 = "Qwen/Qwen3.5-397B-A17B-FP8"
NEXT = "Qwen/Qwen3-Next-80B-A3B-Instruct"
V4 = "sgl-project/DeepSeek-V4-Flash-FP8"
DRAFT = "/model-cache/eagle3"
NEXTN: Change = {"algorithm": "NEXTN", "num_steps": 3, "eagle_topk": 1}
EAGLE3: Change = {"algorithm": "EAGLE3", "num_steps": 3, "eagle_topk": 1, "draft_model": DRAFT}
BRANCHES: Change = {**EAGLE3, "num_steps": 5, "eagle_topk": 8, "num_draft_tokens": 60}
PAIR: Change = {"prefill-attention-backend": "fa3", "decode-attention-backend": "flashinfer"}


def ranks(dp: int, **more: Any) -> Change:
    """Give attention's data-parallel ranks."""
    return {"parallel": {"dp": dp, "dp_attention": True, **more}}


FAMILIES = (
    Row(
        "fusion-with-partial-experts",
        "kernels.allreduce_fusion",
        "with ep 2 of tp 8",
        on("0.5.20", "H200", QWEN3, parallel={"ep": 2}, kernels={"attention": None}),
        (
            {"parallel": {"ep": 8}},
            {"parallel": {"ep": None}},
            {"kernels": {"allreduce_fusion": False}},
            {"parallel": {"dp": 8, "dp_attention": True}},
        ),
    ),
    Row(
        "fusion-with-partial-experts",
        "kernels.allreduce_fusion",
        "the answers are garbage",
        on("0.5.12", "B200", "a/b", parallel={"ep": 4}, kernels={"allreduce_fusion": True}),
        ({"kernels": {"allreduce_fusion": None}},),
    ),
    Row(
        "chunk-beyond-grid",
        "schedule.chunked_prefill_size",
        "a chunk of 131,072 tokens",
        on(
            "0.5.14",
            "B200",
            NVFP4,
            kernels={"attention": None},
            schedule={"chunked_prefill_size": 131072},
            **FP8,
        ),
        (
            {"schedule": {"chunked_prefill_size": 65535}},
            {"kernels": {"prefill": "flashmla_sparse"}},
            ranks(8),
        ),
    ),
    Row(
        "chunk-beyond-grid",
        "schedule.chunked_prefill_size",
        "as many tokens as a prompt has",
        on(
            "0.5.23",
            "B300",
            NVFP4,
            kernels={"attention": None},
            schedule={"chunked_prefill_size": -1},
            **FP8,
        ),
        ({"schedule": {"chunked_prefill_size": None}},),
    ),
    Row(
        "minimax-nvfp4-trtllm-experts",
        "moe.runner",
        "corrupts the answers",
        on("0.5.12", "B200", "nvidia/MiniMax-M2.7-NVFP4", moe={"runner": "flashinfer_trtllm"}),
        (
            {"moe": {"runner": "flashinfer_cutlass"}},
            {"moe": {"runner": None}},
            {"model": {"repo": "MiniMaxAI/MiniMax-M2.7"}},
        ),
    ),
    Row(
        "kimi-tool-call-in-thinking",
        "serving.reasoning_parser",
        "taken for thinking",
        on(
            "0.5.9",
            "H200",
            "moonshotai/Kimi-K2.5",
            serving={"reasoning_parser": "kimi_k2", "tool_call_parser": "kimi_k2"},
        ),
        ({"serving": {"tool_call_parser": None}}, {"serving": {"reasoning_parser": None}}),
    ),
    Row(
        "attention-pair-on-linear-layers",
        "engine.args.prefill-attention-backend",
        "cannot join two kernels for a model",
        on("0.5.9", "H100", NEXT, kernels={"attention": None}, args=PAIR),
        (
            args(decode_attention_backend="fa3"),
            {"model": {"repo": "Qwen/Qwen3-32B"}},
            {"engine": {"version": "0.5.12"}},
        ),
    ),
    Row(
        "attention-pair-on-linear-layers",
        "engine.args.decode-attention-backend",
        "cannot join two kernels for speculation over",
        on(
            "0.5.12",
            "H100",
            "Qwen/Qwen3.6-27B",
            kernels={"attention": "fa3"},
            speculative=NEXTN,
            args={"decode-attention-backend": "flashinfer"},
        ),
        (NO_DRAFTS, args(decode_attention_backend="fa3")),
    ),
    Row(
        "qwen35-fp8-on-b300-0512",
        "moe.runner",
        "GSM8K 0 instead of 0.85",
        on("0.5.12.post1", "B300", QWEN35, moe={"runner": "flashinfer_trtllm"}),
        ({"moe": {"runner": "triton"}},),
    ),
    Row(
        "deepseek-v4-attention-groups",
        "parallel.dp",
        "with dp 4 of tp 8",
        on("0.5.16", "H200", V4, kernels={"attention": None}, **ranks(4)),
        (
            {"parallel": {"dp": 8}},
            {"parallel": {"dp": None, "dp_attention": None}},
            {"moe": {"a2a": "deepep"}},
        ),
    ),
    Row(
        "deepseek-v4-whole-experts",
        "parallel.ep",
        "dp 8 with ep 8 answers garbage",
        on("0.5.12", "H200", V4, kernels={"attention": None}, **ranks(8, ep=8)),
        ({"parallel": {"ep": None}}, {"moe": {"a2a": "deepep"}}),
    ),
    Row(
        "deepseek-v4-exchange-on-hopper",
        "moe.a2a",
        "the FP4 experts of DeepSeek-V4 need SM100",
        on("0.5.18", "H200", "deepseek-ai/DeepSeek-V4-Flash", moe={"a2a": "deepep"}),
        ({"moe": {"a2a": "none"}}, {"model": {"repo": V4}}),
    ),
    Row(
        "deepseek-v4-trtllm-experts-0512",
        "moe.runner",
        "ends with an assertion",
        on(
            "0.5.12.post1",
            "B200",
            "deepseek-ai/DeepSeek-V4-Flash",
            moe={"runner": "flashinfer_trtllm"},
        ),
        ({"moe": {"runner": None}},),
    ),
    Row(
        "eagle-branches-on-windows",
        "speculative.eagle_topk",
        "8 branches read beyond the pool",
        on(
            "0.5.11",
            "H100",
            "openai/gpt-oss-120b",
            kernels={"attention": None},
            speculative=BRANCHES,
        ),
        (
            {"speculative": {"eagle_topk": 1, "num_draft_tokens": 6}},
            {"kernels": {"attention": "triton"}},
            NO_DRAFTS,
        ),
    ),
    Row(
        "eagle-over-windows-on-flashinfer",
        "kernels.attention",
        "cannot draft for a model with sliding windows",
        on(
            "0.5.12",
            "H100",
            "openai/gpt-oss-20b",
            kernels={"attention": "flashinfer"},
            speculative=EAGLE3,
        ),
        (NO_DRAFTS, {"kernels": {"attention": "triton"}}, {"model": {"repo": "Qwen/Qwen3-32B"}}),
    ),
    Row(
        "kimi-dummy-weights",
        "model.load_format",
        "cannot be tried without weights",
        changed(
            {"model": {"load_format": "dummy"}},
            on("0.5.12.post1", "B200", "nvidia/Kimi-K2.6-NVFP4"),
        ),
        ({"model": {"load_format": None}},),
    ),
    Row(
        "minimax-fp8-kv-on-fa3",
        "memory.kv_cache_dtype",
        "answered gibberish",
        on("0.5.9", "H100", "MiniMaxAI/MiniMax-M2.5", kernels={"attention": None}, **FP8),
        ({"kernels": {"attention": "flashinfer"}}, {"memory": {"kv_cache_dtype": "auto"}}),
    ),
    Row(
        "mistral-does-not-start-0513",
        "engine.version",
        "does not start this model",
        on("0.5.13.post1", "H100", "mistralai/Ministral-3-8B-Reasoning-2512"),
    ),
    Row(
        "qwen35-mtp-0513",
        "speculative.algorithm",
        "about one start of five",
        on("0.5.13", "H100", "Qwen/Qwen3.6-27B", kernels={"attention": None}, speculative=NEXTN),
        (NO_DRAFTS, {"speculative": {"algorithm": "EAGLE3", "draft_model": DRAFT}}),
    ),
    Row(
        "glm52-w4afp8-0515",
        "engine.version",
        "index out of bounds",
        on("0.5.15.post1", "H200", "novita/GLM-5.2-W4AFP8"),
    ),
)

ROWS = (*SPARSE, *FUSION, *SPECULATION, *EXPERTS, *RELEASES, *FAMILIES)

STALE: tuple[tuple[str, str, str, Change], ...] = (
    (
        "flashmla-sparse-prefill-fp8",
        "kernels.prefill",
        "0.5.10",
        on("0.5.10.post1", "H200", GLM51, kernels={"prefill": "flashmla_kv"}, **FP8),
    ),
    (
        "trtllm-moe-on-v32-nvfp4",
        "moe.runner",
        "0.5.10",
        on("0.5.12", "B200", V32, moe={"runner": "flashinfer_cutlass"}),
    ),
    (
        "overlap-on-v32-nvfp4",
        "engine.env.SGLANG_ENABLE_SPEC_V2",
        "0.5.10",
        on("0.5.12", "B200", V32, speculative=EAGLE, env={"SGLANG_ENABLE_SPEC_V2": "0"}),
    ),
    (
        "fusion-hang-on-b200",
        "kernels.allreduce_fusion",
        "0.5.16",
        on("0.5.18", "B200", GLM51, kernels={"allreduce_fusion": False}),
    ),
    (
        "deepgemm-on-b300-0512",
        "kernels.fp8_gemm",
        "0.5.13",
        on("0.5.14", "B300", GLM5, kernels={"fp8_gemm": "cutlass"}),
    ),
    (
        "nvfp4-nan-0518",
        "moe.runner",
        "0.5.19",
        on("0.5.20", "B200", NVFP4, moe={"runner": "flashinfer_cutlass"}),
    ),
    (
        "speculation-without-overlap",
        "engine.env.SGLANG_ENABLE_SPEC_V2",
        "0.5.11",
        on("0.5.12", "H200", GLM51, speculative=EAGLE, env={"SGLANG_ENABLE_SPEC_V2": "1"}),
    ),
)
"""Mitigations in a release that needs them no more: the check, the key, since when, the profile."""
