"""What was measured on a GPU against what `fit` says of the same words; how a log is read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

GPU = Path(__file__).resolve().parents[2] / "bench" / "gpu"
sys.path.insert(0, str(GPU))

import readings  # noqa: E402
import table  # noqa: E402

CLOSE, OVER = 0.02, 0.01
NEAR = 0.1
"""GiB by which weights may be off."""


def results() -> list[dict[str, Any]]:
    return [
        json.loads(path.read_text("utf-8")) for path in sorted(GPU.glob("results/memory-*.json"))
    ]


def cases() -> list[Any]:
    return list(_cases())


def _cases() -> Iterator[Any]:
    for result in results():
        version = result["versions"]["sglang"]
        for case in result["cases"]:
            yield pytest.param(case, version, id=f"{version}-{case['name']}")


@pytest.mark.parametrize(("case", "version"), cases())
def test_a_measured_pool_is_the_one_that_fit_says(case: dict[str, Any], version: str) -> None:
    made = table.tokens(case)
    _, _, guess = table.reckoned(case, version)

    if not made:
        assert guess == 0
        return
    assert -CLOSE * made <= guess - made <= OVER * made


@pytest.mark.parametrize(("case", "version"), cases())
def test_measured_weights_are_those_that_fit_says(case: dict[str, Any], version: str) -> None:
    early, late, _ = table.reckoned(case, version)
    real = table.weights(case)

    assert early + (late if len(real) > 1 else 0) == pytest.approx(sum(real), abs=NEAR)


def test_the_draft_is_loaded_after_the_pool_in_0_5_10_post1_and_before_it_in_0_5_17() -> None:
    seen = []
    for result in results():
        late = result["versions"]["sglang"] == "0.5.10.post1"
        for case in result["cases"]:
            if "--speculative-algorithm" not in case["words"]:
                continue
            steps = [each["step"] for each in case["steps"]]
            second = [at for at, step in enumerate(steps) if step == "load"][1]
            if "cache" in steps:
                seen.append(((steps.index("cache") < second), late))
    assert {late for _, late in seen} == {True, False}
    assert all(first is late for first, late in seen)


def test_the_page_is_what_the_results_say_today() -> None:
    """`python bench/gpu/table.py` writes it anew, with what `fit` says now."""
    assert table.page() == table.PAGE.read_text("utf-8")


def test_every_result_has_its_table() -> None:
    page = table.PAGE.read_text("utf-8")
    found = [json.loads(path.read_text("utf-8")) for path in GPU.glob("results/*.json")]
    names = [
        (row.get("name") or row.get("loader") or row["server"]).removesuffix("-ready")
        for result in found
        for row in result.get("cases") or result.get("scenarios") or result["rows"]
    ]

    assert names
    assert [name for name in names if f"| {name} |" not in page] == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            (
                "[2026-11-29 06:35:12] Load weight end. elapsed=0.50 s, type=GlmMoeDsaForCausalLM, "
                "quant=fp8, fmt=e4m3, avail mem=87.91 GB, mem usage=51.17 GB."
            ),
            {
                "step": "loaded",
                "type": "GlmMoeDsaForCausalLM",
                "seconds": 0.5,
                "free": 87.91,
                "taken": 51.17,
            },
        ),
        (
            "KV Cache is allocated. dtype: torch.bfloat16, #tokens: 5037632, KV size: 48.19 GB",
            {"step": "cache", "tokens": 5037632, "sizes": "KV size: 48.19 GB"},
        ),
        (
            (
                "Capture target decode CUDA graph end. elapsed=92.31 s, mem usage=0.12 GB, "
                "avail mem=2.29 GB."
            ),
            {
                "step": "captured",
                "what": "target decode CUDA graph",
                "seconds": 92.31,
                "free": 2.29,
            },
        ),
        (
            "[2026-11-29 09:20:01 TP1 EP1] Load weight begin. avail mem=137.90 GB",
            {"step": "load", "rank": 1, "free": 137.9},
        ),
        (
            (
                "[2026-11-29 09:20:01 DP1 TP1] Init torch distributed ends. elapsed=2.75 s, "
                "mem usage=1.31 GB"
            ),
            {"step": "joined", "rank": 1, "seconds": 2.75, "taken": 1.31},
        ),
        ("INFO:     Uvicorn running on http://127.0.0.1:22040", None),
    ],
)
def test_a_line_of_the_log(line: str, expected: dict[str, Any] | None) -> None:
    found = readings.read(line, 1.0)

    assert found == (None if expected is None else {"at": 1.0, **expected})
