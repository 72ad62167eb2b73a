"""The table of verbs and faults: all of it where there is time, else a fixed part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apply.modal.conftest import World
from tests.apply.modal.fault_table import FAULTS, VERBS, Stage, page, read_page, stage_of
from tests.volume import VOLUME

pytestmark = pytest.mark.process

PAGE = Path(__file__).parents[3] / "docs/reliability-modal.md"
WRITE = os.environ.get("DEPLOYER_WRITE_FAULTS") == "1"
STEP = {"fast": 60, "ci": 20, "thorough": 1}[VOLUME]
"""Of so many cells one is tried; always the same ones."""


@pytest.fixture
def stage(containers: World) -> Iterator[Stage]:
    made = stage_of(containers)
    yield made
    made.set_back()


def test_the_table_of_verbs_and_faults(stage: Stage) -> None:
    """One stage for all of it: to deploy two versions takes longer than many cells."""
    known = read_page(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    assert WRITE or known
    number = tried = 0
    for verb in VERBS:
        if WRITE and verb in known:
            continue  # what was written stays until its table is taken out
        asked, well = stage.asked(verb)
        assert well.code == 0, well.err
        before = known.get(verb)
        assert before is None or list(before) == list(asked), verb
        found: dict[str, dict[str, str]] = {rpc: {} for rpc in asked}
        for rpc in asked:
            for fault in FAULTS:
                number += 1
                if not WRITE and number % STEP:
                    continue
                tried += 1
                found[rpc][fault] = stage.cell(verb, rpc, fault, well)
                if before is not None:
                    assert found[rpc][fault] == before[rpc][fault], (verb, rpc, fault)
        if WRITE:
            known[verb] = found
            PAGE.write_text(page(known), encoding="utf-8")
    assert tried >= number // STEP > 0
    assert read_page(page(known)) == known
