"""The known bugs of the engine as checks, listed by hand: what is not here does not run.

Reported bugs that no profile can have, so that there is nothing to look for:

- TRT-LLM attention that hangs on B300 (sgl-project/sglang#21904): FlashInfer 0.6.7 alone, and no
  release pins it (0.5.9 has 0.6.3, 0.5.10 has 0.6.7.post2);
- FP8 with TRT-LLM's sparse kernels (#16758, #17662, #18931) and GLM tool arguments that do not
  stream (#11888): mended before 0.5.9, the oldest release that is known here;
- kernels that are compiled at every start (#29170), and no mark for a filled cache (#32124): the
  kernel cache is a volume, and `serve` keeps a mark of its own;
- the API key in the log (#29512): it never stands on the command line;
- a reasoning parser `glm47` (#26384): the schema and `not-a-choice` refuse it;
- DeepSeek-V3.2's quality on B200 (#14451, #14511) and GLM's speed there (#17526): lists of work,
  without a remedy.
"""

from __future__ import annotations

from deployer.check.rule import Rule, named

KNOWN_BUGS: tuple[Rule, ...] = named(
    "accept-length-on-glm45-air",
    "attention-pair-on-linear-layers",
    "b200-before-0510",
    "chunk-beyond-grid",
    "context-parallel-with-drafts",
    "deepgemm-full-sweep",
    "deepgemm-on-b300-0512",
    "deepseek-v4-attention-groups",
    "deepseek-v4-exchange-on-hopper",
    "deepseek-v4-trtllm-experts-0512",
    "deepseek-v4-whole-experts",
    "drain-skipped",
    "eagle-branches-on-windows",
    "eagle-defeats-prefix-cache",
    "eagle-nvfp4-draft-experts",
    "eagle-on-b300-0512",
    "eagle-over-flashmla-on-h200",
    "eagle-over-windows-on-flashinfer",
    "eagle-small-pool",
    "engine-warmup-cut-short",
    "flashmla-decode-fp8-on-blackwell",
    "flashmla-sparse-decode-fp8",
    "flashmla-sparse-prefill-fp8",
    "fp8-kv-on-glm5",
    "fp8-kv-on-glm53-flash",
    "fp8-kv-with-speculation",
    "fusion-across-nodes",
    "fusion-hang-on-b200",
    "fusion-with-partial-experts",
    "glm45-parser-before-0510",
    "glm52-before-0513",
    "glm52-over-pipeline",
    "glm52-w4afp8-0515",
    "hicache-on-glm53-flash",
    "hicache-with-eagle",
    "kimi-dummy-weights",
    "kimi-tool-call-in-thinking",
    "megamoe-on-b300-0519",
    "minimax-fp8-kv-on-fa3",
    "minimax-nvfp4-trtllm-experts",
    "mistral-does-not-start-0513",
    "mixed-sparse-backends-fp8",
    "mnnvl-fusion-on-b300",
    "mnnvl-fusion-with-drafts",
    "nvfp4-long-prefill",
    "nvfp4-nan-0515",
    "nvfp4-nan-0518",
    "overlap-on-v32-nvfp4",
    "per-process-cache-unread",
    "qwen35-fp8-on-b300-0512",
    "qwen35-mtp-0513",
    "small-pool-prefill",
    "speculation-without-overlap",
    "tilelang-with-fp8-kv",
    "trtllm-decode-0516",
    "trtllm-moe-on-glm53-flash",
    "trtllm-moe-on-v32-nvfp4",
    "trtllm-prefill-with-bf16-kv",
    "trtllm-prefill-with-dp-attention",
)
"""All known bugs, in the order of their names."""
