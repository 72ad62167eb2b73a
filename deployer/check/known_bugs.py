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

from deployer.check.checks import (
    accept_length_on_glm45_air,
    b200_before_0510,
    context_parallel_with_drafts,
    deepgemm_full_sweep,
    deepgemm_on_b300_0512,
    drain_skipped,
    eagle_defeats_prefix_cache,
    eagle_nvfp4_draft_experts,
    eagle_on_b300_0512,
    eagle_over_flashmla_on_h200,
    eagle_small_pool,
    engine_warmup_cut_short,
    flashmla_decode_fp8_on_blackwell,
    flashmla_sparse_decode_fp8,
    flashmla_sparse_prefill_fp8,
    fp8_kv_on_glm5,
    fp8_kv_on_glm53_flash,
    fp8_kv_with_speculation,
    fusion_across_nodes,
    fusion_hang_on_b200,
    glm45_parser_before_0510,
    glm52_before_0513,
    glm52_over_pipeline,
    hicache_on_glm53_flash,
    hicache_with_eagle,
    megamoe_on_b300_0519,
    mixed_sparse_backends_fp8,
    mnnvl_fusion_on_b300,
    mnnvl_fusion_with_drafts,
    nvfp4_long_prefill,
    nvfp4_nan_0515,
    nvfp4_nan_0518,
    overlap_on_v32_nvfp4,
    per_process_cache_unread,
    small_pool_prefill,
    speculation_without_overlap,
    tilelang_with_fp8_kv,
    trtllm_decode_0516,
    trtllm_moe_on_glm53_flash,
    trtllm_moe_on_v32_nvfp4,
    trtllm_prefill_with_bf16_kv,
    trtllm_prefill_with_dp_attention,
)
from deployer.check.rule import Rule

KNOWN_BUGS: tuple[Rule, ...] = (
    accept_length_on_glm45_air.RULE,
    b200_before_0510.RULE,
    context_parallel_with_drafts.RULE,
    deepgemm_full_sweep.RULE,
    deepgemm_on_b300_0512.RULE,
    drain_skipped.RULE,
    eagle_defeats_prefix_cache.RULE,
    eagle_nvfp4_draft_experts.RULE,
    eagle_on_b300_0512.RULE,
    eagle_over_flashmla_on_h200.RULE,
    eagle_small_pool.RULE,
    engine_warmup_cut_short.RULE,
    flashmla_decode_fp8_on_blackwell.RULE,
    flashmla_sparse_decode_fp8.RULE,
    flashmla_sparse_prefill_fp8.RULE,
    fp8_kv_on_glm5.RULE,
    fp8_kv_on_glm53_flash.RULE,
    fp8_kv_with_speculation.RULE,
    fusion_across_nodes.RULE,
    fusion_hang_on_b200.RULE,
    glm45_parser_before_0510.RULE,
    glm52_before_0513.RULE,
    glm52_over_pipeline.RULE,
    hicache_on_glm53_flash.RULE,
    hicache_with_eagle.RULE,
    megamoe_on_b300_0519.RULE,
    mixed_sparse_backends_fp8.RULE,
    mnnvl_fusion_on_b300.RULE,
    mnnvl_fusion_with_drafts.RULE,
    nvfp4_long_prefill.RULE,
    nvfp4_nan_0515.RULE,
    nvfp4_nan_0518.RULE,
    overlap_on_v32_nvfp4.RULE,
    per_process_cache_unread.RULE,
    small_pool_prefill.RULE,
    speculation_without_overlap.RULE,
    tilelang_with_fp8_kv.RULE,
    trtllm_decode_0516.RULE,
    trtllm_moe_on_glm53_flash.RULE,
    trtllm_moe_on_v32_nvfp4.RULE,
    trtllm_prefill_with_bf16_kv.RULE,
    trtllm_prefill_with_dp_attention.RULE,
)
"""All known bugs, in the order of their names."""
