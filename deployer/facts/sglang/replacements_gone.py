"""Options and variables of SGLang that are gone, or replaced by something not quite the same.

The data behind :func:`deployer.facts.sglang.replacements.gone`, from 0.5.9 to 0.5.23. Nothing here
is translated without asking: ``why`` says what became of it, ``instead`` what comes nearest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gone:
    """An option, a value of one, or a variable that cannot be said any more.

    ``since`` is the first release without it, or the first in which it does nothing. ``harmless``:
    from ``since`` on, leaving it out changes nothing. Where ``value`` is empty, the whole option is
    meant.
    """

    name: str
    since: str
    why: str
    source: str
    instead: str = ""
    harmless: bool = False
    value: str = ""


_CATALOGUES = "catalogues: the option is not there"
_SPARSITY = "double sparsity was taken out"
_OUT = "it was taken out"

OPTIONS = (
    Gone(
        "--disable-hicache-numa-detect",
        "0.5.10",
        _OUT,
        _CATALOGUES,
        instead="--numa-node",
    ),
    Gone("--disaggregation-decode-tp", "0.5.10", _OUT, _CATALOGUES),
    Gone("--disaggregation-decode-dp", "0.5.10", _OUT, _CATALOGUES),
    Gone("--disaggregation-prefill-pp", "0.5.10", _OUT, _CATALOGUES),
    Gone("--speculative-ngram-branch-length", "0.5.10", _OUT, _CATALOGUES),
    Gone(
        "--speculative-ngram-min-match-window-size",
        "0.5.10",
        _OUT,
        _CATALOGUES,
    ),
    Gone(
        "--speculative-ngram-max-match-window-size",
        "0.5.10",
        _OUT,
        _CATALOGUES,
        instead="--speculative-ngram-max-trie-depth",
    ),
    Gone("--mm-max-concurrent-calls", "0.5.10", _OUT, _CATALOGUES),
    Gone("--mm-per-request-timeout", "0.5.10", _OUT, _CATALOGUES),
    Gone(
        "--hierarchical-sparse-attention-extra-config",
        "0.5.10",
        "its JSON has other keys in `--hisparse-config` (`top_k`, `device_buffer_size`)",
        "0.5.9 and 0.5.10 server_args.py, help",
        instead="--hisparse-config",
    ),
    Gone("--enable-double-sparsity", "0.5.11", _SPARSITY, _CATALOGUES),
    Gone("--ds-channel-config-path", "0.5.11", _SPARSITY, _CATALOGUES),
    Gone("--ds-heavy-channel-num", "0.5.11", _SPARSITY, _CATALOGUES),
    Gone("--ds-heavy-channel-type", "0.5.11", _SPARSITY, _CATALOGUES),
    Gone("--ds-heavy-token-num", "0.5.11", _SPARSITY, _CATALOGUES),
    Gone("--ds-sparse-decode-threshold", "0.5.11", _SPARSITY, _CATALOGUES),
    Gone(
        "--multi-item-scoring-delimiter",
        "0.5.11",
        "multi-item scoring is a switch without a delimiter",
        "0.5.11 server_args.py, help of --enable-mis",
        instead="--enable-mis",
    ),
    Gone(
        "--enable-piecewise-cuda-graph",
        "0.5.10",
        "piecewise CUDA graphs are on by default",
        "0.5.10.post1 server_args.py, help",
        harmless=True,
    ),
    Gone(
        "--enable-nan-detection",
        "0.5.13",
        "it set SGLANG_SPEC_NAN_DETECTION and SGLANG_SPEC_OOB_DETECTION, which are gone too",
        "0.5.10.post1 server_args.py:931; catalogues",
    ),
    Gone(
        "--record-nolora-graph",
        "0.5.13",
        _OUT,
        _CATALOGUES,
    ),
    Gone(
        "--no-record-nolora-graph",
        "0.5.13",
        _OUT,
        _CATALOGUES,
    ),
    Gone(
        "--hybrid-kvcache-ratio",
        "0.5.9",
        "it does nothing but warn",
        "0.5.9 server_args.py (DeprecatedAction)",
        instead="--swa-full-tokens-ratio",
        harmless=True,
    ),
    Gone(
        "--prefill-round-robin-balance",
        "0.5.9",
        "it does nothing but warn",
        "0.5.9 server_args.py (DeprecatedAction)",
        harmless=True,
    ),
    Gone(
        "--custom-sigquit-handler",
        "0.5.14",
        "it was only for the Python API",
        "0.5.13 server_args.py, help",
    ),
    Gone("--debug-tensor-dump-inject", "0.5.14", _OUT, _CATALOGUES),
    Gone(
        "--enable-deepep-waterfill",
        "0.5.16",
        "the new switch leaves the choice of DeepEP to `--moe-a2a-backend`",
        "0.5.15 and 0.5.16 server_args.py, help",
        instead="--enable-waterfill --moe-a2a-backend deepep",
    ),
    Gone(
        "--optimistic-prefill-retries",
        "0.5.16",
        "forward passes are counted instead of retries",
        "0.5.15 and 0.5.16 server_args.py, help",
        instead="--optimistic-prefill-attempts",
    ),
    Gone(
        "--torchao-config",
        "0.5.18",
        _OUT,
        _CATALOGUES,
    ),
    Gone(
        "--enable-expert-distribution-metrics",
        "0.5.18",
        "where to report is a choice: off, server_log, prometheus, both",
        "0.5.18 server_args.py (DeprecatedAction with error_message)",
        instead="--expert-balancedness-report-mode prometheus",
    ),
    Gone(
        "--collect-tokens-histogram",
        "0.5.11",
        "token histograms are collected whenever `--enable-metrics` is set",
        "0.5.11 server_args.py, help",
        harmless=True,
    ),
    Gone("--cuda-graph-tc-compiler", "0.5.22", "tc_piecewise graphs were taken out", _CATALOGUES),
    Gone(
        "--speculative-skip-dp-mlp-sync",
        "0.5.23",
        _OUT,
        _CATALOGUES,
    ),
)
"""Options without a replacement that means the same."""

VALUES = (
    *(
        Gone(flag, "0.5.20", _OUT, "0.5.20 arg_groups/choices.py", value=old)
        for flag in (
            "--attention-backend",
            "--prefill-attention-backend",
            "--decode-attention-backend",
        )
        for old in ("cutlass_mla", "dual_chunk_flash_attn")
    ),
    *(
        Gone(
            flag,
            "0.5.22",
            "piecewise graphs through torch.compile were taken out",
            "0.5.22 catalogue",
            instead="breakable",
            value="tc_piecewise",
        )
        for flag in ("--cuda-graph-backend-decode", "--cuda-graph-backend-prefill")
    ),
    *(
        Gone(
            flag,
            "0.5.23",
            "it is read as `cutedsl_mla` with an FP8 KV cache",
            "0.5.23 arg_groups/serving_hook.py:304",
            instead="cutedsl_mla",
            value="tokenspeed_mla",
        )
        for flag in (
            "--attention-backend",
            "--prefill-attention-backend",
            "--decode-attention-backend",
        )
    ),
    Gone(
        "--kv-cache-dtype",
        "0.5.21",
        "each 4-bit recipe has a name of its own",
        "0.5.20 arg_groups/fields/model.py, help",
        instead="fp4_mx_block16",
        value="fp4_e2m1",
    ),
    Gone(
        "--fp4-gemm-backend",
        "0.5.16",
        _OUT,
        "0.5.16 catalogue",
        instead="flashinfer_cutlass",
        value="cutlass",
    ),
    Gone(
        "--bf16-gemm-backend",
        "0.5.20",
        _OUT,
        "0.5.20 catalogue",
        value="flashinfer_pr4266",
    ),
    *(
        Gone(flag, since, _OUT, f"{since} catalogue", value=old)
        for flag in ("--quantization", "--speculative-draft-model-quantization")
        for old, since in (("qoq", "0.5.16"), ("marlin", "0.5.20"))
    ),
    Gone(
        "--reasoning-parser",
        "0.5.10",
        "the parser of the same format has another name",
        "0.5.9 and 0.5.10 parser/reasoning_parser.py",
        instead="nemotron_3",
        value="nano_v3",
    ),
)
"""Values of options that are still there."""
