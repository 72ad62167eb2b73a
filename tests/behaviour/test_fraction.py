"""The engine's own fraction: to the digit what SGLang's own resolution gives, in every release."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployer.behaviour.fraction import own
from deployer.behaviour.settings import read
from deployer.facts.sglang.catalogue import releases
from deployer.facts.sglang.memory_rules import RULES, memory_rule
from deployer.facts.sglang.versions import release_key
from deployer.release import Argument, Release
from tests.fit.test_fit import serving

MEASURED: dict[str, Any] = json.loads(
    Path("tests/data/engine_fractions.json").read_text(encoding="utf-8")
)
"""What each release answered to `deployer resolve` on GPUs that it was made to see."""


def release(case: str, version: str) -> Release:
    repo, gpu, *words = shlex.split(case)
    found: list[Argument] = []
    for word in words:
        if word.startswith("--"):
            found.append(Argument(word, (), ""))
        else:
            found[-1] = replace(found[-1], values=(word,))
    return replace(serving(repo, gpu, version), arguments=tuple(found))


@pytest.mark.parametrize("version", list(MEASURED["fractions"]))
def test_it_is_what_the_engine_resolved(version: str) -> None:
    assert len(MEASURED["cases"]) > 10
    for case, measured in zip(MEASURED["cases"], MEASURED["fractions"][version], strict=True):
        found = own(read(release(case, version)))
        assert found.fraction == pytest.approx(measured, abs=1e-9), case


def test_every_known_release_was_asked() -> None:
    assert sorted(MEASURED["fractions"], key=release_key) == list(MEASURED["fractions"])
    assert set(MEASURED["fractions"]) == set(releases())


def test_a_release_has_the_rule_of_the_newest_that_is_not_newer() -> None:
    assert memory_rule("0.5.10.post1").since == "0.5.10"
    assert memory_rule("0.5.21").since == "0.5.20"
    assert memory_rule("0.6.0") is RULES[-1]
    assert memory_rule("0.4.9") is RULES[0]
    assert [rule.since for rule in RULES] == sorted((r.since for r in RULES), key=release_key)


@pytest.mark.parametrize(
    ("flags", "more"),
    [
        ({"moe_a2a_backend": "deepep"}, 2048),
        ({"cuda_graph_max_bs_decode": "256"}, -512),
        ({"chunked_prefill_size": "16384"}, 12288),
    ],
)
def test_what_else_changes_the_reserve(flags: dict[str, str], more: int) -> None:
    base = serving("zai-org/GLM-5.1-FP8", "H200", "0.5.18", tp_size="8")
    other = serving("zai-org/GLM-5.1-FP8", "H200", "0.5.18", tp_size="8", **flags)

    reserved = own(read(other)).reserved - own(read(base)).reserved
    assert reserved * 1024 == pytest.approx(more)


def test_graphs_that_are_off_reserve_nothing_since_0515() -> None:
    off = Argument("--disable-cuda-graph", (), "")
    for version, less in (("0.5.14", 1536), ("0.5.16", 1024)):
        base = serving("zai-org/GLM-5.1-FP8", "B200", version, tp_size="8")
        without = replace(base, arguments=(*base.arguments, off))
        difference = own(read(base)).reserved - own(read(without)).reserved
        assert difference * 1024 == pytest.approx(less), version
