"""Every check: what it says where it should, and its silence where it should not speak."""

import importlib
from typing import Any

import pytest

from deployer.check.catalogue import RULES
from deployer.check.run import check
from deployer.compile.case import Case
from deployer.profile.load import load_profile
from tests.check.sane import changed, findings
from tests.dumped import dumped

SANE: dict[str, Any] = {
    "name": "sane",
    "target": "modal",
    "model": {"repo": "a/b", "revision": "0" * 40, "served_name": "b"},
    "hardware": {"gpu": "B200", "count": 8},
    "engine": {"version": "0.5.10.post1", "image": f"lmsysorg/sglang@sha256:{'0' * 64}"},
    "schedule": {"max_running_requests": 48},
    "modal": {
        "app": "b",
        "auth": "both",
        "weights": {"volume": "w", "path": "/w"},
        "kernel_cache": {"volume": "k", "path": "/k"},
        "api_key_secret": "s",
    },
    "lifecycle": {"warmup": ["chat"]},
}
LOCAL = {
    "target": "local",
    "modal": None,
    "hardware": {"gpu": "none", "count": 0},
    "engine": {"version": "0.5.23"},
}

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "wakes-for-strangers",
        {"modal": {"auth": "key"}},
        "modal.auth",
        # 900 s of window at least, and 2400 s of start before it at most, on 8 B200 at $50 an hour.
        "no key at all: 8 x B200 for 15 to 55 min, $12.50 to $45.83",
    ),
    (
        "unknown-modal-option",
        {"modal": {"options": {"i6pm": True}}},
        "modal.options.i6pm",
        "(1.6.0 and 1.6.4) do not all take `i6pm` for a `web_server`",
    ),
    (
        "unknown-modal-option",
        {"modal": {"options": {"scaleup_window": 30}}},
        "modal.options.scaleup_window",
        "for a `web_server`",
    ),
    (
        "refused-modal-option",
        {"modal": {"options": {"enable_memory_snapshot": True}}},
        "modal.options.enable_memory_snapshot",
        "is not taken",
    ),
    (
        "refused-modal-option",
        {"modal": {"options": {"ephemeral_disk": 1000}}},
        "modal.options.ephemeral_disk",
        "has a key of its own",
    ),
    (
        "mistyped-modal-option",
        {"modal": {"options": {"i6pn": "yes, please"}}},
        "modal.options.i6pn",
        "takes bool or null for `i6pn`",
    ),
    ("limit-below-request", {"modal": {"cpu_limit": 10}}, "modal.cpu_limit", "10 cores are fewer"),
    (
        "limit-below-request",
        {"modal": {"memory": 2048, "memory_limit": 1024}},
        "modal.memory_limit",
        "1024 MiB are fewer than the 2048",
    ),
    (
        "address-of-a-server",
        {"modal": {"endpoint": "server", "label": "llm", "min_containers": 1}},
        "modal.label",
        "Modal takes no `label` for a `server`",
    ),
    (
        "nonpreemptible-with-gpus",
        {"modal": {"nonpreemptible": True}},
        "modal.nonpreemptible",
        "does not support it for containers with GPUs",
    ),
    (
        "volumes-overlap",
        {"modal": {"volumes": [{"volume": "w", "path": "/elsewhere"}]}},
        "modal.volumes[0].volume",
        "`w` is the volume of the weights, too",
    ),
    (
        "volumes-overlap",
        {"modal": {"buckets": [{"bucket": "abc", "path": "/k/deep"}]}},
        "modal.buckets[0].path",
        "and /k, where the kernel cache lies, lie one in the other",
    ),
    (
        "volume-on-image-path",
        {"modal": {"buckets": [{"bucket": "abc", "path": "/usr/share/abc"}]}},
        "modal.buckets[0].path",
        "it belongs to the system in the image",
    ),
    (
        "api-key-without-secret",
        {"modal": {"auth": "proxy"}},
        "modal.api_key_secret",
        "nobody is asked for an API key, and its secret is named",
    ),
    (
        "api-key-without-secret",
        {"modal": {"auth": "proxy", "api_key_secret": None}, "serving": {"api_key_env": "API_KEY"}},
        "serving.api_key_env",
        "nobody is asked for an API key, and one is named",
    ),
    ("gpus-unused", {"parallel": {"tp": 4}}, "parallel.tp", "uses 4 GPUs, and the replica has 8"),
    ("gpus-unused", {"parallel": {"pp": 3}}, "parallel.pp", "8 GPUs cannot be divided into 3"),
    (
        "draft-tokens-contradict",
        {
            "speculative": {
                "algorithm": "EAGLE",
                "num_steps": 3,
                "eagle_topk": 1,
                "num_draft_tokens": 8,
            }
        },
        "speculative.num_draft_tokens",
        "3 steps make 4 draft tokens, not 8",
    ),
    (
        "host-out-of-reach",
        {"serving": {"host": "127.0.0.1"}},
        "serving.host",
        "nobody reaches 127.0.0.1",
    ),
    (
        "host-out-of-reach",
        {**LOCAL, "model": {"path": "/models/b"}, "serving": {"host": "10.0.0.7"}},
        "serving.host",
        "the server listens on 10.0.0.7",
    ),
    ("warmup-without-parser", {"lifecycle": {"warmup": ["tools"]}}, "lifecycle.warmup", "not set"),
    (
        "containers-min-above-max",
        {"modal": {"min_containers": 2}},
        "modal.min_containers",
        "min_containers 2 is above max_containers 1",
    ),
    (
        "containers-min-above-max",
        {"modal": {"max_inputs": 8, "target_inputs": 9}},
        "modal.target_inputs",
        "above the 8 that a container takes",
    ),
    (
        "args-repeat-a-field",
        {"engine": {"args": {"tp-size": 8}}},
        "engine.args.tp-size",
        "has a field of its own: `parallel.tp`",
    ),
    (
        "args-repeat-a-field",
        {"engine": {"args": {"mem-frac": 0.9}}},
        "engine.args.mem-frac",
        "has a field of its own: `memory.mem_fraction_static`",
    ),
    (
        "args-repeat-a-field",
        {"engine": {"args": {"tensor-parallel-size": 8}}},
        "engine.args.tensor-parallel-size",
        "has a field of its own: `parallel.tp`",
    ),
    (
        "args-repeat-a-field",
        {"engine": {"args": {"api-key": "x"}}},
        "engine.args.api-key",
        "`--api-key` is not for a profile",
    ),
    (
        "unknown-flag",
        {"engine": {"args": {"enable-mixed-chunks": True}}},
        "engine.args.enable-mixed-chunks",
        "has no flag `--enable-mixed-chunks`",
    ),
    (
        "removed-flag",
        {"engine": {"version": "0.5.23", "args": {"prefill-round-robin-balance": True}}},
        "engine.args.prefill-round-robin-balance",
        "is gone since SGLang 0.5.20",
    ),
    (
        "future-flag",
        {"engine": {"args": {"ssl-keyfile-password": "x", "attn-dp-size": 8}}},
        "engine.args.attn-dp-size",
        "comes only with SGLang 0.5.22",
    ),
    (
        "foreign-flag",
        {"engine": {"args": {"enable-auto-tool-choice": True}}},
        "engine.args.enable-auto-tool-choice",
        "is a flag of vLLM",
    ),
    ("ambiguous-flag", {"engine": {"args": {"enable-": True}}}, "engine.args.enable-", "may mean"),
    (
        "abbreviated-flag",
        {"engine": {"args": {"enable-mixed": True}}},
        "engine.args.enable-mixed",
        "the only beginning of `--enable-mixed-chunk`",
    ),
    (
        "refused-flag",
        {"engine": {"version": "0.5.18", "args": {"enable-expert-distribution-metrics": True}}},
        "engine.args.enable-expert-distribution-metrics",
        "refuses",
    ),
    (
        "deprecated-flag",
        {"engine": {"version": "0.5.18", "args": {"cuda-graph-max-bs": 64}}},
        "engine.args.cuda-graph-max-bs",
        "is deprecated in SGLang 0.5.18, and is gone since 0.5.20",
    ),
    (
        "wrong-type",
        {"engine": {"args": {"dist-timeout": "1h"}}},
        "engine.args.dist-timeout",
        "`1h` is no value of `--dist-timeout`",
    ),
    (
        "not-a-choice",
        {"memory": {"kv_cache_dtype": "nvfp4"}},
        "memory.kv_cache_dtype",
        "`nvfp4` is no choice of `--kv-cache-dtype` in SGLang 0.5.10.post1",
    ),
    (
        "renamed-choice",
        {"engine": {"version": "0.5.23", "args": {"prefill-attention-backend": "nsa"}}},
        "engine.args.prefill-attention-backend",
        "`nsa` is an old name of `dsa`",
    ),
    (
        "missing-value",
        {"engine": {"args": {"dist-timeout": True}}},
        "engine.args.dist-timeout",
        "needs a value",
    ),
    (
        "stray-value",
        {"engine": {"args": {"dist-timeout": [1, 2]}}},
        "engine.args.dist-timeout",
        "`2` is one more",
    ),
    (
        "switch-with-value",
        {"engine": {"args": {"enable-mixed-chunk": 1}}},
        "engine.args.enable-mixed-chunk",
        "is a switch and takes no value",
    ),
    ("help-flag", {"engine": {"args": {"help": True}}}, "engine.args.help", "nothing is launched"),
    (
        "unknown-release",
        {"engine": {"version": "0.5.12.post9"}},
        "engine.version",
        "SGLang 0.5.12.post9 is not known here",
    ),
    (
        "release-not-catalogued",
        {"engine": {"version": "0.5.99"}},
        "engine.version",
        "its flags, values, defaults and known bugs were not checked",
    ),
    (
        "alias-flag",
        {"engine": {"args": {"nccl-init-addr": "h:1"}}},
        "engine.args.nccl-init-addr",
        "another spelling of `--dist-init-addr`",
    ),
    (
        "variable-removed",
        {"engine": {"version": "0.5.23", "env": {"SGLANG_ENABLE_SPEC_V2": "1"}}},
        "engine.env.SGLANG_ENABLE_SPEC_V2",
        "no more since 0.5.14",
    ),
    ("target-lacks-parts", {"modal": None}, "target", "needs a section `modal`"),
    ("target-lacks-parts", {"engine": {"image": None}}, "engine", "runs in an image"),
    (
        "target-lacks-parts",
        {"hardware": {"gpu": "none", "count": 0}},
        "hardware.gpu",
        "without a GPU is not supported",
    ),
    (
        "target-lacks-parts",
        {"hardware": {"gpu": "B200", "count": 0}},
        "hardware.count",
        "0 GPUs of type `B200` contradict each other",
    ),
    (
        "target-lacks-parts",
        {"model": {"source": "builtin"}},
        "model.source",
        "is made on this machine",
    ),
    (
        "target-lacks-parts",
        {"target": "local", "model": {"path": "/models/b"}},
        "modal",
        "uses no Modal app",
    ),
    ("target-lacks-parts", LOCAL, "model", "does not download weights"),
    (
        "sm100-kernels-elsewhere",
        {"hardware": {"gpu": "H200"}, "moe": {"runner": "flashinfer_trtllm"}},
        "moe.runner",
        "needs SM100 (B200), and the replica has H200",
    ),
    (
        "sm100-kernels-elsewhere",
        {"hardware": {"gpu": "H100"}, "kernels": {"decode": "trtllm"}},
        "kernels.decode",
        "needs SM100",
    ),
    (
        "cache-variable-contradicts",
        {"engine": {"env": {"SGLANG_DG_CACHE_DIR": "/cache/x"}}},
        "engine.env.SGLANG_DG_CACHE_DIR",
        "mounted at /k, and this names /cache/x",
    ),
    (
        "cache-variable-contradicts",
        {"engine": {"env": {"DG_JIT_CACHE_DIR": "/k"}}},
        "engine.env.DG_JIT_CACHE_DIR",
        "has no effect",
    ),
    (
        "secret-in-profile",
        {"engine": {"env": {"HF_TOKEN": "x"}}},
        "engine.env.HF_TOKEN",
        "looks like a secret",
    ),
    (
        "secret-in-profile",
        {"engine": {"args": {"otlp-header": "sk-0123456789abcdefXYZ"}}},
        "engine.args.otlp-header",
        "holds what looks like a secret",
    ),
    (
        "startup-beyond-timeout",
        {"modal": {"startup_timeout": 600}},
        "modal.startup_timeout",
        "600 s for the whole start is less than 2100 s",
    ),
    (
        "api-key-without-secret",
        {"modal": {"api_key_secret": None}},
        "modal",
        "no secret brings that variable",
    ),
    (
        "api-key-without-secret",
        {"serving": {"api_key_env": None}},
        "modal.api_key_secret",
        "`serving.api_key_env` is null",
    ),
    (
        "public-without-key",
        {"serving": {"api_key_env": None}},
        "serving.api_key_env",
        "the server asks for no key",
    ),
    (
        "drain-beyond-platform",
        {"lifecycle": {"warmup": ["chat"], "drain_timeout": 600}},
        "lifecycle.drain_timeout",
        "600 s of draining is more than the 30 s",
    ),
]


def merged(change: dict[str, Any]) -> dict[str, Any]:
    """Change a sane profile section by section; None takes a section or key out."""
    result = {
        name: dict(value) if isinstance(value, dict) else value for name, value in SANE.items()
    }
    for name, value in change.items():
        if isinstance(value, dict):
            section = {**result.get(name, {}), **value}
            kept = name == "serving"
            result[name] = {k: v for k, v in section.items() if kept or v is not None}
        elif value is None:
            result.pop(name)
        else:
            result[name] = value
    return result


def found(change: dict[str, Any]) -> list[tuple[str, str, str]]:
    loaded = load_profile(dumped(merged(change)), "p.yaml")
    assert loaded.findings == ()
    assert loaded.profile is not None
    findings = [
        one
        for one in check(Case(loaded.profile), loaded.source)
        if one.check != "memory-not-looked-at"  # nobody knows the model of this profile
    ]
    for finding in findings:
        assert finding.span is not None
        hidden = finding.check == "secret-in-profile" or finding.path.endswith("api-key")
        hidden |= finding.span.line in loaded.source.secrets.lines
        assert bool(finding.source_line) != hidden
        assert finding.hint or finding.check in {"removed-flag", "unknown-flag"}  # nobody knows
    return [(finding.check, finding.path, finding.message) for finding in findings]


@pytest.mark.parametrize(("name", "change", "path", "message"), CASES)
def test_a_check_fires_at_its_key(
    name: str, change: dict[str, Any], path: str, message: str
) -> None:
    hits = [(where, said) for check_name, where, said in found(change) if check_name == name]

    assert [where for where, _ in hits] == [path]
    assert message in hits[0][1]


def test_a_sane_profile_has_no_findings() -> None:
    assert found({}) == []


def test_nothing_fires_at_what_only_looks_alike() -> None:
    assert (
        found({"engine": {"env": {"TOKENIZERS_PARALLELISM": "false", "NCCL_MAX_TOKENS": "8"}}})
        == []
    )
    assert found({"engine": {"args": {"cuda-graph-max-bs": 64, "dist-timeout": 9}}}) == []
    assert found({"parallel": {"tp": 4, "pp": 2}}) == []
    local = {**LOCAL, "model": {"source": "builtin", "repo": "tiny"}}
    assert found(local) == []


def test_every_check_is_listed_once_is_tested_and_says_its_source() -> None:
    names = [rule.name for rule in RULES]

    assert names == sorted(set(names))
    assert {case[0] for case in CASES} <= set(names)
    for rule in RULES:
        file = rule.name.replace("-", "_")
        module = importlib.import_module(f"deployer.check.checks.{file}")
        assert module.RULE is rule
        for part in ("Why it hurts:", "Instead of ``-`` write ``+``::", "Source:"):
            assert part in (module.__doc__ or ""), rule.name


@pytest.mark.parametrize(
    ("gpu", "cure"),
    [
        ("H200", "leave it out: the engine chooses for the hardware"),
        (
            "RTX-PRO-6000",
            "leave it out and take 0.5.17 or later, which has `flashinfer_sparse_mla` there",
        ),
    ],
)
def test_kernels_of_sm100_elsewhere_are_left_out_where_the_engine_has_others(
    gpu: str, cure: str
) -> None:
    profile = changed({"hardware": {"gpu": gpu}, "kernels": {"decode": "trtllm"}})
    (hint,) = (one.hint for one in findings(profile) if one.check == "sm100-kernels-elsewhere")
    assert hint.startswith(cure)
