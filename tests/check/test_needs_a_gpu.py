"""What was seen not to start on a CPU is said of a local profile, and nothing else is."""

from __future__ import annotations

import pytest

from deployer.check.checks.needs_a_gpu import RULE
from deployer.engine.environment import ENGINES
from deployer.engine.locked import read_lock
from deployer.facts.cpu import BINDING, ENDED, RELEASES, packages

from .sane import GLM, Change, changed, findings
from .test_starting import BUILTIN, LOCAL

DRAFT = {"num_steps": 3, "eagle_topk": 1, "draft_model": "/models/draft"}
MODAL: Change = changed({"hardware": {"gpu": "B200"}}, GLM)
BOUND: Change = {"engine": {"env": {BINDING: "0|1"}}}

ENDS: list[tuple[Change, str, str]] = [
    ({"parallel": {"tp": 2}}, "parallel.tp", "NUMA node"),
    (changed({"parallel": {"tp": 2}}, BOUND), "parallel.tp", "stand-in for triton"),
    ({"parallel": {"dp": 2}}, "parallel.dp", "NUMA node"),
    ({"parallel": {"pp": 4}}, "parallel.pp", "NUMA node"),
    ({"parallel": {"ep": 2}}, "parallel.ep", "ranks of `tp`"),
    ({"kernels": {"attention": "triton"}}, "kernels.attention", "stand-in"),
    ({"kernels": {"attention": "flex_attention"}}, "kernels.attention", "stand-in"),
    ({"kernels": {"attention": "flashinfer"}}, "kernels.attention", "`flashinfer-python`"),
    ({"kernels": {"attention": "nsa"}}, "kernels.attention", "the model that was tried has none"),
    ({"kernels": {"attention": "dsa"}}, "kernels.attention", "the model that was tried has none"),
    ({"kernels": {"grammar": "outlines"}}, "kernels.grammar", "`interegular`"),
    ({"kernels": {"grammar": "llguidance"}}, "kernels.grammar", "`llguidance`"),
    (
        {"speculative": {"algorithm": "NGRAM", "num_draft_tokens": 4}},
        "speculative.algorithm",
        "sgl_kernel",
    ),
    *(
        ({"speculative": {"algorithm": name, **DRAFT}}, "speculative.algorithm", "not support")
        for name in ("EAGLE", "EAGLE3", "NEXTN", "STANDALONE")
    ),
    ({"model": {"quantization": "fp8"}}, "model.quantization", "stand-in"),
    ({"memory": {"hierarchical_cache": True}}, "memory.hierarchical_cache", "CUDA"),
    (
        {"engine": {"args": {"enable-hierarchical-cache": True}}},
        "engine.args.enable-hierarchical-cache",
        "CUDA",
    ),
]


@pytest.mark.parametrize("base", [LOCAL, BUILTIN], ids=["folder", "builtin"])
@pytest.mark.parametrize(("change", "path", "why"), ENDS)
def test_what_ended_is_said_at_its_key(base: Change, change: Change, path: str, why: str) -> None:
    found = [one for one in findings(changed(change, base)) if one.check == RULE.name]

    assert [one.path for one in found] == [path]
    assert why in found[0].message
    assert "on the one machine where it was tried" in found[0].message
    assert "target: modal" in found[0].hint


STARTS: list[Change] = [
    {"parallel": {"tp": 1, "dp": 1, "pp": 1, "ep": 1}},
    {"parallel": {"dp": 1, "dp_attention": True}},
    *({"kernels": {"attention": name}} for name in ("torch_native", "intel_amx")),
    {"kernels": {"sampling": "flashinfer", "fp8_gemm": "deep_gemm", "grammar": "xgrammar"}},
    {"kernels": {"allreduce_fusion": True}},
    {"kernels": {"decode": "trtllm"}},
    {"moe": {"runner": "triton", "a2a": "deepep"}},
    *({"memory": {"kv_cache_dtype": name}} for name in ("fp8_e4m3", "bfloat16")),
    {"memory": {"page_size": 16, "cpu_offload_gb": 1}},
    *({"model": {"dtype": name}} for name in ("float16", "float32")),
    {"schedule": {"overlap": False}},
    changed({"parallel": {"dp": 2}}, BOUND),  # this and what follows was not tried
    changed({"parallel": {"pp": 2}}, BOUND),
    {"model": {"quantization": "awq"}},
    {"kernels": {"attention": "fa3"}},
    {"speculative": {"algorithm": "DFLASH", "draft_model": "/models/draft"}},
]


@pytest.mark.parametrize("change", [{}, *STARTS])
def test_nothing_is_said_of_what_started_or_was_not_tried(change: Change) -> None:
    assert [one for one in findings(changed(change, LOCAL)) if one.check == RULE.name] == []


def test_experts_are_not_spoken_of_where_the_ranks_are() -> None:
    found = findings(changed({"parallel": {"tp": 2, "ep": 2}}, LOCAL))

    assert [one.path for one in found if one.check == RULE.name] == ["parallel.tp"]


@pytest.mark.parametrize(("change", "path", "why"), ENDS)
def test_on_modal_none_of_it_is_said(change: Change, path: str, why: str) -> None:
    assert (path, why) != ("", "")
    assert RULE.name not in {one.check for one in findings(changed(change, MODAL))}


def test_every_row_of_the_table_is_tried_here() -> None:
    said = {
        one.message.partition("`")[2].partition("`")[0]
        for change, _, _ in ENDS
        for one in findings(changed(change, LOCAL))
        if one.check == RULE.name
    }
    left = [
        row
        for row in ENDED
        if not any(
            words.startswith(row.flag)
            and (not row.values or words[len(row.flag) :].strip() in row.values)
            for words in said
        )
    ]

    assert len(said) >= len(ENDED)
    assert left == []


def test_what_a_lock_holds_is_read_from_it() -> None:
    for version in RELEASES:
        pins = {one.pin.partition("==")[0].lower() for one in read_lock(ENGINES[version])}
        assert packages(version) == {pin.replace("_", "-").replace(".", "-") for pin in pins}
    assert packages("0.5.10") == frozenset()


def test_a_package_that_a_lock_has_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    more = packages(RELEASES[-1]) | {"llguidance"}
    monkeypatch.setattr("deployer.check.checks.needs_a_gpu.packages", lambda _version: more)
    profile = changed({"kernels": {"grammar": "llguidance"}}, LOCAL)

    assert RULE.name not in {one.check for one in findings(profile)}
