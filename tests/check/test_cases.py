"""What people reported: each case has the right verdict, and so have its neighbors of one kind.

`tests/data/cases/` holds them, each with its source; where facts of the model are needed that are
not shipped, they are given as a lock would.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deployer.check.run import judge
from deployer.cli.main import main
from deployer.finding import Finding, Severity
from tests.dumped import dumped

from .facts import CONFIGS, judged, known
from .sane import Change, changed

FOLDER = Path(__file__).resolve().parents[1] / "data" / "cases"


def text(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def found(name: str, change: Change | None = None) -> list[Finding]:
    """Judge a case, changed or not, with the facts of its model where they are known here.

    Those by hand are of the time of a report: the configuration of Qwen3.5-397B-A17B-FP8 that
    is shipped keeps the layer as it is on which #19045 ended.
    """
    profile: dict[str, Any] = changed(change or {}, yaml.safe_load(text(name)))
    repo = profile["model"]["repo"]
    if repo in CONFIGS:
        return judged(profile, known(repo))
    return list(judge(dumped(profile), "p.yaml").findings)


def wrong(name: str, change: Change | None = None) -> set[str]:
    return {one.check for one in found(name, change) if one.severity is Severity.ERROR}


def args(**values: Any) -> Change:
    return {"engine": {"args": {name.replace("_", "-"): value for name, value in values.items()}}}


EAGLE: Change = {"algorithm": "EAGLE"}
V4_FP8 = "sgl-project/DeepSeek-V4-Pro-FP8"
TP4: Change = {"hardware": {"count": 4}}

ERRORS: tuple[tuple[str, str, str, tuple[Change, ...], tuple[Change, ...]], ...] = (
    # The case, the check that names it, where; other mistakes of its kind; what is none.
    (
        "f01-bf16-beyond-gpus",
        "does-not-fit",
        "hardware.gpu",
        ({"hardware": {"gpu": "H100"}}, {"model": {"repo": "zai-org/GLM-5.2"}}),
        ({"hardware": {"gpu": "B300"}}, {"model": {"repo": "zai-org/GLM-5.2-FP8"}}),
    ),
    (
        "f03-r1-0528-on-h100",
        "does-not-fit",
        "hardware.gpu",
        ({"engine": {"version": "0.5.23"}}, {"model": {"repo": "deepseek-ai/DeepSeek-R1"}}),
        ({"hardware": {"gpu": "H200"}},),
    ),
    (
        # Scales of FP4 experts are kept in FP32 until 0.5.15 (22.5 GiB on each of 8 GPUs), and
        # freed since 0.5.16; sgl-project/sglang#29797 measured 11.48 less on each of 16.
        "f04-v4-pro-fraction",
        "does-not-fit",
        "memory.mem_fraction_static",
        (
            {"engine": {"version": "0.5.14"}},
            {"engine": {"version": "0.5.23"}, "model": {"repo": V4_FP8}},
            {"memory": {"mem_fraction_static": 0.85}},
        ),
        (
            {"engine": {"version": "0.5.16"}},
            {"engine": {"version": "0.5.23"}},
            {"memory": {"mem_fraction_static": 0.92}},
        ),
    ),
    (
        "f06-expert-blocks",
        "expert-blocks-undivided",
        "hardware.count",
        ({"hardware": {"gpu": "B200"}}, {"engine": {"version": "0.5.10.post1"}}),
        (TP4, {"parallel": {"ep": 8}}),
    ),
    (
        "f08-linear-blocks",
        "expert-blocks-undivided",
        "hardware.count",
        ({"speculative": None}, {"engine": {"version": "0.5.23"}}),
        ({"model": {"repo": "Qwen/Qwen3-Next-80B-A3B-Instruct"}, **TP4},),
    ),
    (
        "f11-eagle3-without-draft",
        "draft-not-there",
        "speculative.algorithm",
        ({"speculative": EAGLE}, {"speculative": {"algorithm": "NEXTN"}}),
        ({"speculative": None}, {"speculative": {"draft_model": "AngelSlim/Qwen3-32B_eagle3"}}),
    ),
    (
        "f20-second-node",
        "nodes-beyond-container",
        "engine.args.nnodes",
        (args(nnodes=4), {"parallel": {"tp": 16}}),
        (args(nnodes=1),),
    ),
    (
        "f25c-broken-json",
        "value-not-json",
        "engine.args.json-model-override-args",
        (args(json_model_override_args="[]"), args(json_model_override_args="{'a': 1}")),
        (args(json_model_override_args='{"a": 1}'),),
    ),
    (
        "f26-t4",
        "gpu-without-kernels",
        "hardware.gpu",
        ({"engine": {"version": "0.5.12"}},),
        ({"hardware": {"gpu": "L4"}}, {"hardware": {"gpu": "A10"}}),
    ),
    (
        "f27-minimax-garbage",
        "minimax-nvfp4-trtllm-experts",
        "moe.runner",
        ({"engine": {"version": "0.5.12.post1"}}, {"hardware": {"gpu": "B300"}}),
        ({"moe": {"runner": "flashinfer_cutlass"}},),
    ),
    (
        "f30-chunk-beyond-grid",
        "chunk-beyond-grid",
        "schedule.chunked_prefill_size",
        (
            {"schedule": {"chunked_prefill_size": -1}},
            {"schedule": {"chunked_prefill_size": 65536}},
            {"engine": {"version": "0.5.23"}},
        ),
        ({"schedule": {"chunked_prefill_size": 16384}}, {"hardware": {"gpu": "H200"}}),
    ),
    (
        "f31-fraction-with-ranks",
        "does-not-fit",
        "hardware.gpu",
        ({"engine": {"version": "0.5.16"}},),
        ({"memory": {"mem_fraction_static": 0.88}},),
    ),
    (
        "f32a-trtllm-on-sm120",
        "sm100-kernels-elsewhere",
        "kernels.decode",
        ({"hardware": {"gpu": "H200"}}, {"engine": {"version": "0.5.20"}}),
        ({"hardware": {"gpu": "B200"}},),
    ),
    (
        "f32b-sm120-by-itself",
        "sm100-kernels-elsewhere",
        "hardware.gpu",
        (
            {"engine": {"version": "0.5.14"}},
            {"engine": {"version": "0.5.20"}, "model": {"repo": "zai-org/GLM-5.3-Flash"}},
            {"engine": {"version": "0.5.23"}, "memory": {"kv_cache_dtype": "bfloat16"}},
        ),
        (
            {"engine": {"version": "0.5.17"}},
            {"hardware": {"gpu": "B200"}},
            {"hardware": {"gpu": "H200"}},
        ),
    ),
    (
        "f41-cache-on-volume",
        "cache-on-read-only-volume",
        "engine.env.TRITON_CACHE_DIR",
        (
            {"engine": {"env": {"FLASHINFER_WORKSPACE_BASE": "/model-cache/flashinfer"}}},
            {
                "engine": {"env": {"TRITON_CACHE_DIR": "/jit/triton"}},
                "modal": {"volumes": [{"volume": "jit", "path": "/jit"}]},
            },
        ),
        (
            {
                "engine": {
                    "env": {"TRITON_CACHE_DIR": "/jit/t", "TORCHINDUCTOR_CACHE_DIR": "/jit/i"}
                },
                "modal": {"volumes": [{"volume": "jit", "path": "/jit", "read_only": False}]},
            },
            {
                "engine": {
                    "env": {
                        "TRITON_CACHE_DIR": "/tmp/triton",  # noqa: S108 - a container's own
                        "TORCHINDUCTOR_CACHE_DIR": "/dg-cache2/inductor",
                    }
                }
            },
        ),
    ),
    (
        "f42-volume-on-image",
        "volume-on-image-path",
        "modal.weights.path",
        (),
        ({"modal": {"weights": {"path": "/model-cache"}}},),
    ),
    (
        "d7-sixteen-gpus",
        "gpus-beyond-replica",
        "parallel.tp",
        ({"parallel": {"tp": 8, "pp": 2}}, {"parallel": {"tp": 32}}),
        ({"parallel": {"tp": 8}},),
    ),
)


@pytest.mark.parametrize(("name", "check", "path", "kind", "right"), ERRORS)
def test_a_case_is_an_error_and_so_is_its_kind(
    name: str, check: str, path: str, kind: tuple[Change, ...], right: tuple[Change, ...]
) -> None:
    told = [(one.check, one.path) for one in found(name) if one.severity is Severity.ERROR]

    assert (check, path) in told
    for change in kind:
        assert check in wrong(name, change), change
    for change in right:
        assert check not in wrong(name, change), change


SAID = (
    ("f13-draft-folder", "folder-nobody-fills", Severity.WARNING),
    ("f33-v32-eagle-b200", "flashmla-sparse-prefill-fp8", Severity.WARNING),
    ("f36-start-of-300-s", "startup-near-load", Severity.WARNING),
    ("f36b-start-of-300-s", "startup-near-load", Severity.WARNING),
    ("f40-europe-through-america", "requests-through-another-region", Severity.NOTE),
    ("f44-image-without-release", "image-names-no-release", Severity.WARNING),
)


@pytest.mark.parametrize(("name", "check", "severity"), SAID)
def test_a_case_is_said(name: str, check: str, severity: Severity) -> None:
    assert (check, severity) in {(one.check, one.severity) for one in found(name)}


SILENT = (
    ("f25a-yarn", "context-beyond-model"),
    ("d3-short-context", "warmup-beyond-context"),
    ("d7-prefill-without-graphs", "cuda-graphs-off"),
    ("d7-pool-of-chunks", "small-pool-prefill"),
    ("d7-thinking-parser", "parser-of-another-family"),
    ("d7-sixteen-gpus", "gpus-unused"),
)


@pytest.mark.parametrize(("name", "check"), SILENT)
def test_what_upstream_publishes_as_good_is_no_finding(name: str, check: str) -> None:
    assert check not in {one.check for one in found(name)}


def test_a_context_beyond_yarn_is_still_an_error() -> None:
    assert "context-beyond-model" in wrong("f25a-yarn", {"model": {"context_length": 131073}})
    plain = args(json_model_override_args='{"rope_theta": 1000000}')
    assert "context-beyond-model" in wrong("f25a-yarn", plain)


def test_sixteen_ranks_are_not_made_eight() -> None:
    (told,) = [one for one in found("d7-sixteen-gpus") if one.check == "gpus-beyond-replica"]

    assert "`tp` out: it follows" not in told.hint
    assert "one container has at most 8" in told.hint


def test_one_error_hides_no_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("d6-before", "d6-after"):
        (tmp_path / f"{name}.yaml").write_text(text(name), encoding="utf-8")

    assert main(["diff", str(tmp_path / "d6-before.yaml"), str(tmp_path / "d6-after.yaml")]) == 1

    shown = capsys.readouterr().out
    assert "not right, 1 error" in shown
    assert "~ --max-running-requests  64 -> 96" in shown


def test_more_tokens_of_a_server_are_told_as_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One rank's pool is smaller than the one of a server without ranks; all eight hold more."""
    ranks = yaml.safe_load(text("d1-ranks"))
    one = changed({"parallel": {"dp_attention": None, "dp": None}}, ranks)
    for name, profile in (("one", one), ("eight", ranks)):
        (tmp_path / f"{name}.yaml").write_text(dumped(profile), encoding="utf-8")

    assert main(["diff", str(tmp_path / "one.yaml"), str(tmp_path / "eight.yaml")]) == 0
    shown = capsys.readouterr().out
    assert "KV capacity +2," in shown
    assert "tokens of the server, 347,000 in " in shown

    assert main(["diff", str(tmp_path / "eight.yaml"), str(tmp_path / "one.yaml")]) == 0
    assert "KV capacity -2," in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"engine": {"version": "0.5.23"}}, True),
        ({"hardware": {"count": 1}}, False),
        ({"hardware": {"count": 2}, "memory": {"mem_fraction_static": 0.6}}, False),
    ],
)
def test_a_draft_of_one_layer_is_not_the_model_once_more(change: Change, fits: bool) -> None:
    assert ("does-not-fit" in wrong("f10-draft-beyond-memory", change)) is not fits


def test_what_is_shipped_of_it_says_the_same_and_a_copy_by_another_name_nothing() -> None:
    shipped = judge(text("f10-draft-beyond-memory"), "p.yaml").findings
    copied = text("f10-draft-beyond-memory").replace("zai-org/", "acme/")
    unknown = judge(copied, "p.yaml").findings

    locked = found("f10-draft-beyond-memory")
    assert [one.check for one in shipped] == [one.check for one in locked]
    assert [one.check for one in unknown if "memory" in one.check] == ["memory-not-looked-at"]


def test_every_case_is_judged() -> None:
    names = {path.stem for path in FOLDER.glob("*.yaml")}
    judged = {row[0] for row in (*ERRORS, *SAID, *SILENT)}
    judged |= {"d1-ranks", "d6-before", "d6-after", "f10-draft-beyond-memory"}

    assert names == judged
