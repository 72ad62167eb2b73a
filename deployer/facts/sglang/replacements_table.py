"""What replaced what on SGLang's command line, from 0.5.9 to 0.5.23: the data.

Read by :mod:`deployer.facts.sglang.replacements`, with what went before (``replacements_past``).
``tests/facts/test_replacements.py`` holds every row against the catalogues: each option that is
deprecated or vanishes has a row here or in :mod:`deployer.facts.sglang.replacements_gone`.
``source`` is a release and a file below
``sglang/srt/`` of its wheel; where a row says only ``catalogues``, the option's own entry says it.
"""

from __future__ import annotations

from deployer.facts.sglang import replacements_past
from deployer.facts.sglang.replacements_row import (
    Form,
    Replacement,
    renamed,
    renamed_value,
    switch,
)

_ALIAS = "catalogues: both are spellings of one option"
_MANUAL = "0.5.18 server_args.py, deprecated registrations (new_flag)"
_ATTENTION = (
    "--attention-backend",
    "--prefill-attention-backend",
    "--decode-attention-backend",
    "--speculative-draft-attention-backend",
)
_MODES = ("--nsa-prefill-cp-mode", "--dsa-prefill-cp-mode")
_STRATEGIES = (("in-seq-split", "zigzag"), ("round-robin-split", "interleave"))

ALIASES = (
    renamed("--tensor-parallel-size", "--tp-size", "0.5.9", _ALIAS),
    renamed("--pipeline-parallel-size", "--pp-size", "0.5.9", _ALIAS),
    renamed("--data-parallel-size", "--dp-size", "0.5.9", _ALIAS),
    renamed("--expert-parallel-size", "--ep-size", "0.5.9", _ALIAS),
    renamed("--moe-data-parallel-size", "--moe-dp-size", "0.5.9", _ALIAS),
    renamed("--attention-context-parallel-size", "--attn-cp-size", "0.5.9", _ALIAS),
)
"""Options whose two spellings changed places in 0.5.14: one of them is written for all releases."""

RENAMED = (
    renamed("--nsa-decode-backend", "--dsa-decode-backend", "0.5.13", _MANUAL),
    renamed("--nsa-prefill-backend", "--dsa-prefill-backend", "0.5.13", _MANUAL),
    renamed("--nsa-prefill-cp-mode", "--dsa-prefill-cp-mode", "0.5.13", "0.5.13 server_args.py"),
    renamed(
        "--enable-nsa-prefill-context-parallel",
        "--enable-dsa-prefill-context-parallel",
        "0.5.13",
        "0.5.13 server_args.py",
    ),
    renamed("--cuda-graph-max-bs", "--cuda-graph-max-bs-decode", "0.5.14", _MANUAL),
    renamed("--cuda-graph-bs", "--cuda-graph-bs-decode", "0.5.14", _MANUAL),
    renamed("--piecewise-cuda-graph-max-tokens", "--cuda-graph-max-bs-prefill", "0.5.14", _MANUAL),
    renamed("--piecewise-cuda-graph-tokens", "--cuda-graph-bs-prefill", "0.5.14", _MANUAL),
    renamed("--piecewise-cuda-graph-compiler", "--cuda-graph-tc-compiler", "0.5.14", _MANUAL),
    renamed("--mamba-scheduler-strategy", "--mamba-radix-cache-strategy", "0.5.14", _MANUAL),
    renamed(
        "--speculative-dflash-draft-window-size",
        "--speculative-draft-window-size",
        "0.5.12",
        _MANUAL,
    ),
    renamed("--stream-output", "--incremental-streaming-output", "0.5.10", _MANUAL),
    renamed("--grpc-mode", "--smg-grpc-mode", "0.5.16", "0.5.23 arg_groups/fields/serving.py"),
    renamed("--grpc-http-sidecar-port", "--smg-http-sidecar-port", "0.5.16", _ALIAS),
    renamed("--enable-gdn-replayssm-spec", "--enable-linear-replayssm-spec", "0.5.17", _MANUAL),
)
"""One flag for one flag, with the same values."""

VALUES = (
    *(
        renamed_value(
            flag, "nsa", "dsa", "0.5.13", "0.5.13 server_args.py; 0.5.23 arg_groups/choices.py"
        )
        for flag in _ATTENTION
    ),
    *(
        renamed_value(flag, "compressed", "dsv4", "0.5.12", "0.5.12 server_args.py:1128")
        for flag in _ATTENTION
    ),
    renamed_value(
        "--tool-call-parser", "qwen25", "qwen", "0.5.9", "0.5.10.post1 server_args.py:924"
    ),
    renamed_value("--tool-call-parser", "glm45", "glm", "0.5.9", "0.5.10.post1 server_args.py:924"),
)
"""Values with a new name."""

SWITCHES = (
    switch(
        "--enable-flashinfer-allreduce-fusion",
        "--flashinfer-allreduce-fusion-backend",
        "auto",
        "0.5.14",
        "0.5.23 arg_groups/serving_hook.py:284",
    ),
    switch(
        "--disable-fast-image-processor",
        "--image-processor-backend",
        "pil",
        "0.5.18",
        "0.5.23 arg_groups/fields/mm.py",
    ),
    switch(
        "--keep-mm-feature-on-device",
        "--mm-feature-transport",
        "cuda_ipc",
        "0.5.16",
        "0.5.18 server_args.py:7873",
    ),
    switch(
        "--elastic-ep-rejoin",
        "--elastic-ep-join-mode",
        "recover",
        "0.5.16",
        "0.5.18 server_args.py:7058",
    ),
    switch(
        "--disable-piecewise-cuda-graph",
        "--cuda-graph-backend-prefill",
        "disabled",
        "0.5.14",
        _MANUAL,
    ),
    switch(
        "--enforce-piecewise-cuda-graph",
        "--cuda-graph-backend-prefill",
        "tc_piecewise",
        "0.5.14",
        _MANUAL,
    ),
    switch(
        "--enable-breakable-cuda-graph",
        "--cuda-graph-backend-prefill",
        "breakable",
        "0.5.14",
        _MANUAL,
    ),
    Replacement(
        Form("--monokernel-backend", ("amd",)),
        (Form("--enable-amd-monokernel", ()),),
        "0.5.23",
        "0.5.23 server_args.py:425",
    ),
)
"""A switch became a value of another option, or a value became a switch."""

RESHAPED = (
    Replacement(
        Form("--disable-cuda-graph", ()),
        (
            Form("--cuda-graph-backend-decode", ("disabled",)),
            Form("--cuda-graph-backend-prefill", ("disabled",)),
        ),
        "0.5.14",
        "0.5.23 server_args.py:411, arg_groups/cuda_graph_hook.py:55",
    ),
    Replacement(
        Form("--enable-dp-attention", ()),
        (Form("--attn-dp-size"),),
        "0.5.22",
        "0.5.22 and 0.5.23 arg_groups/parallel_hook.py, handle_deprecated_dp_attention",
        joins="--dp-size",
    ),
    Replacement(
        Form("--enable-dsa-prefill-context-parallel", ()),
        (
            Form("--enable-prefill-cp", ()),
            Form("--cp-strategy", ("interleave",), unless=_MODES),
        ),
        "0.5.14",
        "0.5.18 server_args.py:6462, _handle_legacy_cp_arguments",
        both_ways=False,
    ),
    Replacement(
        Form("--enable-prefill-context-parallel", ()),
        (
            Form("--enable-prefill-cp", ()),
            Form("--cp-strategy", ("zigzag",), unless=("--prefill-cp-mode",)),
        ),
        "0.5.14",
        "0.5.18 server_args.py:6462, _handle_legacy_cp_arguments",
        both_ways=False,
    ),
    *(
        Replacement(
            Form(flag),
            (Form("--cp-strategy"),),
            "0.5.14",
            "0.5.18 server_args.py:6456, legacy_mode_to_strategy",
            values=_STRATEGIES,
            both_ways=False,
        )
        for flag in ("--dsa-prefill-cp-mode", "--prefill-cp-mode")
    ),
)
"""One flag became several, several became one, or values have other names."""

SPELLINGS = (*RENAMED, *VALUES, *SWITCHES, *RESHAPED)
"""Those between releases that have a catalogue: a profile may be for either side."""

REPLACEMENTS = (
    *SPELLINGS,
    *replacements_past.RENAMED,
    *replacements_past.SWITCHES,
)
"""Every replacement without loss; :data:`ALIASES` apart."""
