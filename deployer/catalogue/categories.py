"""The namespace of each option that no release from 0.5.20 on knows any more.

Every other option has the namespace that SGLang itself gives it there (``_NS_PATH``), so that one
vocabulary holds for all releases.
"""

from __future__ import annotations

VANISHED = {
    "--collect-tokens-histogram": "observability",
    "--config": "serving",  # a field of no record, in every release
    "--custom-sigquit-handler": "serving",
    "--debug-tensor-dump-inject": "observability",
    "--disable-hicache-numa-detect": "memory",
    "--disaggregation-decode-dp": "disagg",
    "--disaggregation-decode-tp": "disagg",
    "--disaggregation-prefill-pp": "disagg",
    "--ds-channel-config-path": "exec.kernel",
    "--ds-heavy-channel-num": "exec.kernel",
    "--ds-heavy-channel-type": "exec.kernel",
    "--ds-heavy-token-num": "exec.kernel",
    "--ds-sparse-decode-threshold": "exec.kernel",
    "--enable-deepep-waterfill": "exec.moe",
    "--enable-double-sparsity": "exec.kernel",
    "--enable-nan-detection": "spec",
    "--enable-piecewise-cuda-graph": "exec.graph",
    "--hierarchical-sparse-attention-extra-config": "memory",
    "--hybrid-kvcache-ratio": "memory",
    "--mm-max-concurrent-calls": "mm",
    "--mm-per-request-timeout": "mm",
    "--multi-item-scoring-delimiter": "exec.features",
    "--optimistic-prefill-retries": "disagg",
    "--prefill-round-robin-balance": "parallel",
    "--record-nolora-graph": "lora",
    "--speculative-ngram-branch-length": "spec",
    "--speculative-ngram-max-match-window-size": "spec",
    "--speculative-ngram-min-match-window-size": "spec",
}
