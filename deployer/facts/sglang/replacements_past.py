"""What replaced the options that went away before 0.5.9, the first release with a catalogue.

When each came and went stands in ``past.json`` (:mod:`deployer.facts.sglang.history`), made of the
wheels from 0.1.3 on; a test holds that each of its options has a row here, or stands among
:data:`NOT_KNOWN`. Sources are a release, and the file of its wheel below ``sglang/srt/``.
"""

from __future__ import annotations

from deployer.facts.sglang.replacements_gone import Gone
from deployer.facts.sglang.replacements_row import Form, Replacement, renamed, switch

_ARGS = "server_args.py"

RENAMED = (
    renamed("--schedule-heuristic", "--schedule-policy", "0.2.7", f"0.2.7 {_ARGS}"),
    renamed("--max-prefill-num-token", "--max-prefill-tokens", "0.1.17", f"0.1.17 {_ARGS}"),
    renamed(
        "--attention-reduce-in-fp32",
        "--triton-attention-reduce-in-fp32",
        "0.2.14",
        f"0.2.14 {_ARGS}",
    ),
    renamed("--max-torch-compile-bs", "--torch-compile-max-bs", "0.3.5", f"0.3.5 {_ARGS}"),
    renamed(
        "--disable-disk-cache",
        "--disable-outlines-disk-cache",
        "0.4.0",
        f"0.4.1.post1 {_ARGS} (DeprecatedAction): the cache is that of outlines' grammars",
    ),
    renamed("--file-storage-pth", "--file-storage-path", "0.4.3.post3", f"0.4.3.post3 {_ARGS}"),
    renamed("--impl", "--model-impl", "0.4.9.post3", f"0.4.9.post3 {_ARGS}"),
    renamed(
        "--max-micro-batch-size", "--pp-max-micro-batch-size", "0.5.3.post1", f"0.5.3.post1 {_ARGS}"
    ),
    renamed(
        "--oltp-traces-endpoint", "--otlp-traces-endpoint", "0.5.4.post2", f"0.5.4.post2 {_ARGS}"
    ),
    renamed("--kt-amx-method", "--kt-method", "0.5.5.post1", f"0.5.5.post1 {_ARGS}"),
    renamed("--kt-amx-weight-path", "--kt-weight-path", "0.5.5.post1", f"0.5.5.post1 {_ARGS}"),
    *(
        Replacement(
            Form(f"--nsa-{part}"),
            (Form(f"--nsa-{part}-backend"),),
            "0.5.4",
            f"0.5.3.post3 and 0.5.4 {_ARGS}, NSA_CHOICES",
            values=(
                ("flashmla_prefill", "flashmla_sparse"),
                ("flashmla_decode", "flashmla_kv"),
            ),
            both_ways=False,
        )
        for part in ("prefill", "decode")
    ),
)
"""One flag for one flag."""

_RUNNER = "--moe-runner-backend"

SWITCHES = (
    switch(
        "--disable-flashinfer", "--attention-backend", "triton", "0.3.1", f"0.4.1.post1 {_ARGS}"
    ),
    switch(
        "--disable-flashinfer-sampling",
        "--sampling-backend",
        "pytorch",
        "0.3.1",
        f"0.4.1.post1 {_ARGS}",
    ),
    switch(
        "--enable-flashinfer-mla", "--attention-backend", "flashinfer", "0.3.1", f"0.4.7 {_ARGS}"
    ),
    switch("--enable-flashmla", "--attention-backend", "flashmla", "0.4.5.post2", f"0.4.7 {_ARGS}"),
    switch("--enable-deepep-moe", "--moe-a2a-backend", "deepep", "0.4.10.post2", f"0.5.4 {_ARGS}"),
    switch("--enable-triton-kernel-moe", _RUNNER, "triton_kernel", "0.5.1", f"0.5.4 {_ARGS}"),
    switch(
        "--enable-flashinfer-cutlass-moe", _RUNNER, "flashinfer_cutlass", "0.5.1", f"0.5.4 {_ARGS}"
    ),
    switch(
        "--enable-flashinfer-trtllm-moe", _RUNNER, "flashinfer_trtllm", "0.5.1", f"0.5.4 {_ARGS}"
    ),
    switch("--enable-flashinfer-mxfp4-moe", _RUNNER, "flashinfer_mxfp4", "0.5.1", f"0.5.4 {_ARGS}"),
    switch(
        "--enable-flashinfer-cutedsl-moe", _RUNNER, "flashinfer_cutedsl", "0.5.3", f"0.5.4 {_ARGS}"
    ),
    switch(
        "--enable-flashinfer-moe",
        _RUNNER,
        "flashinfer_cutlass",
        "0.5.1",
        f"0.4.9.post4 {_ARGS}, help; 0.4.9.post5 calls it --enable-flashinfer-cutlass-moe",
    ),
    Replacement(
        Form("--enable-ep-moe", ()),
        (Form("--ep-size", values_of="--tp-size"),),
        "0.4.0.post1",
        f"0.5.4 {_ARGS} (DeprecatedAction): the same value as --tp-size",
        both_ways=False,
    ),
    Replacement(
        Form("--enable-llama4-multimodal", ()),
        (Form("--enable-multimodal", ()),),
        "0.4.6",
        f"0.4.5.post3 {_ARGS}:287 (enable_multimodal = enable_llama4_multimodal)",
        both_ways=False,
    ),
)
"""A switch became a value of another option, or another switch."""

_DEFAULT = "it is what the engine does by itself"

OPTIONS = (
    Gone("--enable-flashinfer", "0.1.18", _DEFAULT, f"0.1.18 {_ARGS}", harmless=True),
    Gone("--enable-mla", "0.3.1.post2", _DEFAULT, f"0.3.1.post2 {_ARGS}", harmless=True),
    Gone(
        "--enable-overlap-schedule",
        "0.3.6",
        _DEFAULT,
        f"0.4.1.post1 {_ARGS} (DeprecatedAction)",
        harmless=True,
    ),
    Gone(
        "--disable-nan-detection",
        "0.3.6",
        "nothing is detected unless it is asked for",
        f"0.3.6 {_ARGS} (--enable-nan-detection)",
        harmless=True,
    ),
    Gone("--enable-flashinfer-autotune", "0.5.7", _DEFAULT, f"0.5.7 {_ARGS}", harmless=True),
    Gone(
        "--enable-beta-spec",
        "0.5.4.post1",
        "speculation runs overlapped by default from 0.5.11 on",
        f"0.5.4 {_ARGS}:1295; 0.5.11 environ.py (SGLANG_ENABLE_SPEC_V2)",
        harmless=True,
    ),
    Gone(
        "--n-share-experts-fusion",
        "0.4.7",
        "shared experts are fused by default; `--disable-shared-experts-fusion` turns it off",
        f"0.4.7 {_ARGS}",
        harmless=True,
    ),
    Gone(
        "--additional-ports",
        "0.3.3",
        "the engine finds its ports beside `--port` by itself",
        f"0.3.3 {_ARGS} (PortArgs.init_new)",
        harmless=True,
    ),
    Gone(
        "--disable-log-stats",
        "0.1.18",
        "statistics are logged every so many batches",
        f"0.1.18 {_ARGS}",
    ),
    Gone(
        "--log-stats-interval",
        "0.1.18",
        "the interval is counted in decode batches, not in seconds",
        f"0.3.5 {_ARGS}",
        instead="--decode-log-interval",
    ),
    Gone(
        "--max-num-reqs",
        "0.3.1",
        "it was the size of the request pool, not of a batch",
        f"0.3.0 and 0.3.1 {_ARGS}",
        instead="--max-running-requests",
    ),
    Gone(
        "--return-hidden-states",
        "0.4.3.post3",
        "a request asks for them with `return_hidden_states`",
        f"0.4.3.post3 {_ARGS}; managers/io_struct.py",
        instead="--enable-return-hidden-states",
    ),
)
"""Options without a replacement that means the same."""

_BALANCE = "0.5.7 and 0.5.8 server_args.py; managers/data_parallel_controller.py"

VALUES = (
    Gone(
        "--load-balance-method",
        "0.5.8",
        "requests are counted by each rank's own report",
        _BALANCE,
        instead="total_requests",
        value="shortest_queue",
    ),
    Gone(
        "--load-balance-method",
        "0.5.8",
        "tokens are counted by each rank's own report",
        _BALANCE,
        instead="total_tokens",
        value="minimum_tokens",
    ),
    Gone(
        "--tool-call-parser",
        "0.4.9.post4",
        "it read the tags of Qwen3-Coder; `qwen` reads those of the other Qwen3 models",
        "0.4.9.post3 and 0.4.9.post4 function_call/function_call_parser.py (Qwen3XMLDetector)",
        instead="qwen3_coder",
        value="qwen3",
    ),
)
"""Values of options that are still there."""

NOT_KNOWN_VALUES = frozenset(
    {
        ("--attention-backend", "hybrid_linear_attn"),
        ("--decode-attention-backend", "hybrid_linear_attn"),
        ("--flashinfer-mxfp4-moe-precision", "mxfp4"),
        ("--load-balance-method", "decode_round_robin"),
        ("--prefill-attention-backend", "hybrid_linear_attn"),
        ("--quantization", "squeezellm"),
    }
)
"""Values that went, as options do of which nothing is said."""

NOT_KNOWN = frozenset(
    {
        "--crash-on-nan",
        "--debug-tensor-dump-prefill-only",
        "--disable-jump-forward",
        "--disable-mla",
        "--disable-overlap-cg-plan",
        "--disable-penalizer",
        "--disable-regex-jump-forward",
        "--disaggregation-decode-enable-fake-auto",
        "--dllm-block-size",
        "--efficient-weight-load",
        "--load-watch-interval",
        "--model-mode",
        "--no-regex-fast-forward",
        "--pdlb-url",
        "--prefill-only-one-req",
        "--return-token-ids",
    }
)
"""Options that the next release simply does not have: nothing says what became of them."""
