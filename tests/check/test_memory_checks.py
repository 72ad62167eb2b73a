"""The checks of memory: each fires where it should, with its numbers, and is silent elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deployer.check.catalogue import RULES
from deployer.check.run import check, load_checked
from deployer.compile.case import Case
from deployer.finding import Finding, Severity
from deployer.profile.load import load_profile
from tests.check.examples import merged
from tests.check.test_checks import SANE
from tests.dumped import dumped
from tests.shipped import shipped

MINE = {
    "does-not-fit",
    "fraction-above-own",
    "fraction-leaves-no-room",
    "kv-dtype-not-what-it-seems",
    "pool-below-one-context",
    "pool-capped",
}
GLM: dict[str, Any] = {
    "model": {"repo": "zai-org/GLM-5.1-FP8"},
    "memory": {"mem_fraction_static": 0.85, "kv_cache_dtype": "bfloat16"},
}
H200 = {"hardware": {"gpu": "H200"}}
H100 = {"hardware": {"gpu": "H100"}}
QWEN = {"model": {"repo": "Qwen/Qwen3-32B"}, "memory": {"kv_cache_dtype": None}}
EAGLE = {"speculative": {"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1}}


def findings(*said: dict[str, Any]) -> list[Finding]:
    """Give what the checks of memory find in GLM on 8 B200, and what is said over that."""
    profile = merged(SANE, GLM)
    for each in said:
        profile = merged(profile, each)
    loaded = load_profile(dumped(profile), "p.yaml")
    assert loaded.profile is not None, loaded.findings
    rules = [rule for rule in RULES if rule.name in MINE]
    return list(check(Case(loaded.profile), loaded.source, rules))


def memory(**values: object) -> dict[str, Any]:
    return {"memory": values}


FIRES: list[tuple[str, list[dict[str, Any]], str, str, str]] = [
    ("does-not-fit", [H100], "hardware.gpu", "89.4 GiB of weights, and H100 has 77.1", "more GPUs"),
    (
        "does-not-fit",
        [H200, memory(mem_fraction_static=0.6)],
        "memory.mem_fraction_static",
        "89.4 GiB of weights on each GPU are more than 0.6 of the 137.9 GiB of H200",
        "memory.mem_fraction_static: 0.79",
    ),
    (
        "does-not-fit",
        [H200, {"parallel": {"tp": 4}, "hardware": {"count": 4}}],
        "hardware.gpu",
        "each GPU would hold 176.5 GiB",
        "larger ones",
    ),
    (
        "does-not-fit",
        [QWEN, {"hardware": {"gpu": "L4", "count": 2}}],
        "hardware.gpu",
        "each GPU would hold 30.6 GiB of weights, and L4 has 20.9",
        "more GPUs",
    ),
    (
        "pool-below-one-context",
        [H200, memory(mem_fraction_static=0.72)],
        "memory.mem_fraction_static",
        "holds about 106,",
        "memory.mem_fraction_static: 0.79",
    ),
    (
        "pool-below-one-context",
        [memory(max_total_tokens=200_000)],
        "memory.max_total_tokens",
        "holds 200,000 tokens, and one request may have 202,752",
        "leave the cap out, or write `model.context_length: 200000`",
    ),
    (
        "pool-below-one-context",
        [QWEN, {"hardware": {"gpu": "H100", "count": 1}}, memory(mem_fraction_static=0.85)],
        "memory.mem_fraction_static",
        "and one request may have 40,960",
        "at least `memory.mem_fraction_static: 0.91`",
    ),
    (
        "pool-capped",
        [memory(max_total_tokens=65_536)],
        "memory.max_total_tokens",
        "65,536 tokens use 6.1 of about 61 GiB; 48 requests get 1,365 tokens each",
        "leave it out",
    ),
    (
        "fraction-above-own",
        [EAGLE],
        "memory.mem_fraction_static",
        "0.85 is above the 0.83 that SGLang 0.5.10.post1 would choose here",
        "leave it out",
    ),
    (
        "fraction-leaves-no-room",
        [memory(mem_fraction_static=0.95)],
        "memory.mem_fraction_static",
        "0.95 leaves 8.8 GiB for graphs and activations",
        "the engine takes 0.852",
    ),
    (
        "kv-dtype-not-what-it-seems",
        [memory(kv_cache_dtype=None)],
        "memory.kv_cache_dtype",
        "seems to be BF16 and is FP8",
        "`kv_cache_dtype: bfloat16`",
    ),
    (
        "kv-dtype-not-what-it-seems",
        [memory(kv_cache_dtype="auto"), {"hardware": {"gpu": "B300"}}],
        "memory.kv_cache_dtype",
        "on B300",
        "or `fp8_e4m3`",
    ),
]


@pytest.mark.parametrize(("name", "said", "path", "message", "hint"), FIRES)
def test_it_fires_with_its_numbers(
    name: str, said: list[dict[str, Any]], path: str, message: str, hint: str
) -> None:
    (found,) = [one for one in findings(*said) if one.check == name]

    assert found.path == path
    assert message in found.message
    assert hint in found.hint


SILENT: list[tuple[str, list[dict[str, Any]]]] = [
    ("the very profile", []),
    ("H200", [H200]),
    ("BF16 by itself on H200", [H200, memory(kv_cache_dtype=None)]),
    ("FP8 that is meant", [memory(kv_cache_dtype="fp8_e4m3")]),
    ("a shorter context", [memory(max_total_tokens=400_000), {"model": {"context_length": 65536}}]),
    ("no model facts", [{"model": {"repo": "a/b"}}, memory(max_total_tokens=65_536)]),
    ("no GPU", [{"hardware": {"gpu": "none", "count": 0}}, memory(max_total_tokens=65_536)]),
    ("no known release", [{"engine": {"version": "0.4.0"}}, memory(max_total_tokens=65_536)]),
    ("dense on B200", [QWEN]),
    ("what is not reckoned", [memory(cpu_offload_gb=64, max_total_tokens=65_536)]),
    ("the engine's own fraction", [memory(mem_fraction_static=None), EAGLE]),
]


@pytest.mark.parametrize("said", [said for _name, said in SILENT], ids=[name for name, _ in SILENT])
def test_it_is_silent(said: list[dict[str, Any]]) -> None:
    assert findings(*said) == []


def test_what_does_not_fit_is_said_once() -> None:
    assert [one.check for one in findings(H100, EAGLE)] == ["does-not-fit"]


@pytest.mark.parametrize(
    "version", ["0.5.9", "0.5.10.post1", "0.5.12", "0.5.14", "0.5.18", "0.5.20", "0.5.23"]
)
def test_auto_is_fp8_in_every_release(version: str) -> None:
    found = findings({"engine": {"version": version}}, memory(kv_cache_dtype=None))

    assert "kv-dtype-not-what-it-seems" in {one.check for one in found}


def test_the_recipe_is_told_of_its_memory() -> None:
    text = Path("tests/data/recipe.yaml").read_text(encoding="utf-8")
    _loaded, found = load_checked(text, "recipe.yaml")
    told = {one.check: one for one in found if one.check in MINE}

    assert told["pool-capped"].message == (
        "65,536 tokens use 3.4 of about 66 GiB; 48 requests get 1,365 tokens each"
    )
    assert told["pool-capped"].source_line == "  max_total_tokens: 65536"
    assert told["kv-dtype-not-what-it-seems"].source_line == "memory:"
    assert told["pool-below-one-context"].source_line == "  max_total_tokens: 65536"
    assert told["fraction-above-own"].severity is Severity.NOTE


@pytest.mark.parametrize("name", ["b200-fp8-eagle", "b200-no-spec", "h200-fallback"])
def test_the_shipped_profiles_are_clean_but_for_a_note(name: str) -> None:
    text = shipped(name)
    found = [one for one in load_checked(text, name)[1] if one.check in MINE]

    noted = ["fraction-above-own"] if name == "b200-fp8-eagle" else []
    assert [one.check for one in found] == noted
    assert all(one.severity is Severity.NOTE for one in found)
