"""The table of verbs and faults: all of it where there is time, else a fixed part."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.apply import patience
from deployer.apply.modal import locked
from deployer.apply.modal.locked import Clocks
from tests.apply.modal.conftest import World
from tests.apply.modal.fault_table import (
    AS_WITHOUT,
    BOUNDED,
    FAULTS,
    LATE,
    UNASKED,
    VERBS,
    Stage,
    Words,
    page,
    read_page,
    read_words,
    stage_of,
)
from tests.volume import VOLUME

pytestmark = pytest.mark.process

PAGE = Path(__file__).parents[3] / "docs/reliability-modal.md"
WRITE = os.environ.get("DEPLOYER_WRITE_FAULTS") == "1"
WRITE_WORDS = os.environ.get("DEPLOYER_WRITE_FAULTS") == "words"
SAMPLE = 29
"""Of so many cells one is tried by `make test`, always the same ones, and has its words on the
page."""

STEP = {"fast": 61, "ci": SAMPLE, "thorough": 1}[VOLUME]
"""Of so many cells one is tried; always the same ones. It has no divisor in common with the number
of faults: a step of 20 tried one fault of the ten, everywhere.
"""

SHARES = {"apply": 14, "rollback": 6, "destroy": 4}
"""In how many parts a verb's questions are gone through, where that is not one."""

PARTS = (
    [((verb,), at, of) for verb in VERBS for of in (SHARES.get(verb, 1),) for at in range(of)]
    if STEP == 1 and not WRITE
    else [(tuple(VERBS), 0, 1)]
)
"""Verbs, and which of so many parts: where all cells are tried, one test would take too long."""


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


@pytest.fixture
def stage(containers: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(patience, "SHOWN", LATE / 4)
    # Whoever is waited for is gone: the waiter's time goes by faster.
    clocks = Clocks(clock=lambda: 20 * time.monotonic())
    monkeypatch.setattr(locked, "Clocks", lambda: clocks)
    made = stage_of(containers)
    yield made
    made.set_back()


@pytest.mark.parametrize(
    ("verbs", "at", "of"),
    PARTS,
    ids=[f"{verbs[0]}-{at}".replace(" ", "-") for verbs, at, _ in PARTS],
)
def test_the_table_of_verbs_and_faults(
    stage: Stage, verbs: tuple[str, ...], at: int, of: int
) -> None:
    """One stage for a part: to deploy two versions takes longer than many cells."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    known, words = read_page(text), {} if WRITE_WORDS else read_words(text)
    assert WRITE or known
    number = 0
    tried: set[str] = set()
    wrong: list[str] = []
    for verb in verbs:
        if WRITE and verb in known:
            continue  # what was written stays until its table is taken out
        asked, well = stage.asked(verb)
        assert well.code == 0, well.err
        before, failed = known.get(verb), len(wrong)
        assert before is None or list(before) == list(asked), verb
        found: dict[str, dict[str, str]] = {rpc: {} for rpc in asked}
        for rpc, fault in itertools.product(asked[at::of], FAULTS):
            number += 1
            if not WRITE and number % STEP:
                continue
            tried.add(fault)
            try:
                cell, said = stage.cell(verb, rpc, fault, well)
            except AssertionError as error:
                wrong.append(str(error))
                continue
            found[rpc][fault] = cell
            early = fault == BOUNDED and cell == UNASKED
            if before is not None and not early and cell != before[rpc][fault]:
                wrong.append(f"{verb}, {rpc}, {fault}: {cell}, not {before[rpc][fault]}")
            if fault != BOUNDED and cell != UNASKED:
                wrong += held((verb, rpc, fault), said or AS_WITHOUT, words)
        if WRITE and len(wrong) == failed:
            known[verb] = found
            PAGE.write_text(page(known, words), encoding="utf-8")
    if WRITE_WORDS and not wrong:
        PAGE.write_text(page(known, words), encoding="utf-8")
    assert wrong == []
    assert WRITE or tried == set(FAULTS), "a sample that leaves a fault out"
    text = page(known, words)
    assert (read_page(text), read_words(text)) == (known, words)


def held(at: tuple[str, str, str], said: str, words: Words) -> list[str]:
    """Hold what was said to what the page says, where that has words; with them it is written."""
    if WRITE_WORDS:
        words[at] = said
    return [] if words.get(at, said) == said else [f"{', '.join(at)}: {said!r}, not {words[at]!r}"]
