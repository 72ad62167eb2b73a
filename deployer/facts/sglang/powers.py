"""What of a profile can run code, read or write files, or reach another machine.

An author of a profile decides what runs on the GPUs, and whoever lets the profile through should
see it. So every option and variable with such a power is listed here, for all releases, and what is
neither listed nor known is *unknown*, which is not harmless. Source of the options: their help in
the catalogues of 0.5.9 to 0.5.23, and ``srt/`` of 0.5.23 where the reason names a file. A test goes
through every catalogue and refuses an option whose name or help speaks of a module, a file or an
address and which is neither here nor among :data:`HARMLESS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from deployer.facts.sglang.powers_variables import FAMILIES, VARIABLES
from deployer.late import compile_pattern


class Power(StrEnum):
    """A kind of power, the greatest first."""

    CODE = "code"
    LOADER = "loader"
    ADDRESS = "address"
    REPOSITORY = "repository"
    FILE = "file"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Held:
    """A power that an option or a variable has, and what it means, in a clause."""

    power: Power
    reason: str


def _names(words: str) -> frozenset[str]:
    return frozenset(f"--{word}" for word in words.split())


def _flags(power: Power, reason: str, words: str) -> dict[str, Held]:
    return {name: Held(power, reason) for name in sorted(_names(words))}


OPTIONS: dict[str, Held] = {
    **_flags(
        Power.CODE,
        "it names Python code, which the engine imports and runs",
        "custom-weight-loader forward-hooks sidecar sidecar-args custom-sigquit-handler",
    ),
    **_flags(
        Power.REPOSITORY,
        "the repository's own Python code runs in the engine",
        "trust-remote-code",
    ),
    **_flags(
        Power.CODE,
        "requests can bring Python code of their own, which the engine unpickles and runs",
        "enable-custom-logit-processor",
    ),
    **_flags(
        Power.CODE,
        "any option can be in that file, and nobody sees it here",
        "config decrypted-config-file decrypted-draft-config-file",
    ),
    **_flags(
        Power.REPOSITORY,
        "it overrides the model's config, the names of the classes that are loaded among it",
        "json-model-override-args model-loader-extra-config model-config-parser",
    ),
    **_flags(
        Power.REPOSITORY,
        "a Jinja template from it, or from requests, runs in the engine, in a sandbox",
        "chat-template completion-template trust-request-chat-template",
    ),
    **_flags(
        Power.FILE,
        "it says where the cache of keys and values is kept, here or on another machine",
        "hicache-storage-backend hicache-storage-backend-extra-config "
        "unified-cache-external-linker-config hierarchical-sparse-attention-extra-config",
    ),
    **_flags(
        Power.ADDRESS,
        "the engine sends to, or takes from, the address that it names",
        "dist-init-addr encoder-urls encoder-register-urls otlp-traces-endpoint tool-server "
        "decoupled-spec-bind-endpoint decoupled-spec-connect-endpoints kv-events-config "
        "load-publish-endpoint modelexpress-config weight-cache-mode weight-cache-socket "
        "remote-instance-weight-loader-backend remote-instance-weight-loader-seed-instance-ip "
        "remote-instance-weight-loader-seed-instance-service-port "
        "remote-instance-weight-loader-send-weights-group-ports "
        "remote-instance-weight-loader-start-seed-via-transfer-engine lmcache-config-file "
        "flexkv-config-file trust-mm-content-hashes",
    ),
    **_flags(
        Power.ADDRESS,
        "it decides who reaches the server, and over what",
        "host ssl-keyfile ssl-certfile ssl-ca-certs allowed-media-domains fastapi-root-path",
    ),
    **_flags(
        Power.REPOSITORY,
        "it names other files or another repository that the engine loads",
        "speculative-draft-model-path speculative-draft-model-revision tokenizer-path lora-paths "
        "uno-lora-path kt-weight-path modelopt-checkpoint-restore-path quantization-param-path "
        "model-checksum download-dir",
    ),
    **_flags(
        Power.FILE,
        "it names a file or a folder that the engine reads or writes",
        "crash-dump-folder debug-tensor-dump-input-file debug-tensor-dump-output-folder "
        "deepep-config disaggregation-ib-device dllm-algorithm-config ds-channel-config-path "
        "export-metrics-to-file export-metrics-to-file-dir file-storage-path log-requests-target "
        "modelopt-checkpoint-save-path modelopt-export-path msprobe-dump-config pdmux-config-path "
        "ple-offload-backend ple-offload-dir rl-quant-profile spec-trace-dir "
        "speculative-adaptive-config speculative-dspark-confidence-sts-path "
        "speculative-dspark-sps-table-path speculative-ngram-external-corpus-path "
        "speculative-token-map watermark-config",
    ),
}

_DYNAMIC = Held(Power.CODE, "it names a module and a class, which the engine imports and runs")
BY_VALUE = {
    "--hicache-storage-backend": (compile_pattern(r"dynamic"), _DYNAMIC),
    "--hicache-storage-backend-extra-config": (
        compile_pattern(r"@|(?s:.*)(module|class)"),
        _DYNAMIC,
    ),
    "--unified-cache-external-linker-config": (compile_pattern(r"(?s:.*)(module|class)"), _DYNAMIC),
    "--load-format": (
        compile_pattern(r"remote|private"),
        Held(Power.ADDRESS, "weights come from another machine, or by code that is not published"),
    ),
}
"""Values with which an option has another power: `dynamic` with the module and class beside it
(``mem_cache/storage/backend_factory.py``), a file that nobody sees, weights from elsewhere."""

HARMLESS = _names(
    "cuda-graph-config default-chat-template-kwargs hf-chat-template-name model-path "
    "disable-custom-all-reduce disable-outlines-disk-cache "
    "disaggregation-decode-host-receive-threshold dsa-triton-union enable-profile-cuda-graph "
    "encoder-bootstrap-port grpc-http-sidecar-port smg-http-sidecar-port "
    "keep-mm-feature-on-device hicache-host-memory-fraction hicache-host-memory-mode "
    "hisparse-config lora-target-modules "
    "mamba-max-states-per-path media-url-max-file-size-mb mm-feature-transport "
    "mm-process-config radix-eviction-policy-config rl-on-policy-target skip-server-warmup "
    "tokenizer-metrics-allowed-custom-labels tokenizer-metrics-custom-labels-header "
    "tool-call-parser torchao-config trace-modules weight-loader-disable-mmap "
    "weight-loader-drop-cache-after-load weight-loader-prefetch-checkpoints "
    "weight-loader-prefetch-num-threads"
)
"""Options whose name or help speaks of such things, and which have no such power: numbers, choices
of a list, JSON of known keys, ports of this machine; and the profile's own model, of which
`model.repo` and `model.path` tell."""


def of_option(flag: str, value: str = "", *, known: bool) -> Held | None:
    """Give the power of an option; ``known`` says whether a catalogue has it."""
    if flag in BY_VALUE and BY_VALUE[flag][0].match(value):
        return BY_VALUE[flag][1]
    if flag in OPTIONS:
        return OPTIONS[flag]
    return None if known else Held(Power.UNKNOWN, "no release that is known here has this option")


def of_variable(name: str, *, known: bool) -> Held | None:
    """Give the power of an environment variable; ``known`` says whether a release declares it."""
    for pattern, power, reason in VARIABLES:
        if re.fullmatch(pattern, name, re.IGNORECASE):
            return Held(Power(power), reason)
    if known or re.fullmatch(FAMILIES, name):
        return None
    return Held(Power.UNKNOWN, "what reads this variable, and what it does, is not known here")
