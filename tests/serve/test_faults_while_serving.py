"""The part of the fault matrix in which the engine serves, or has served and drains.

A server undergoes one fault after the other, until one ends it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .faults import ENDINGS, FAULTS, Fault, lives
from .serving import Life

pytestmark = pytest.mark.process

SERVED = [fault for fault in FAULTS if fault.phase in {"serving", "drain"}]
LIVES = lives(SERVED)


@pytest.fixture(scope="module")
def life(request: pytest.FixtureRequest) -> Iterator[Life]:
    with Life(LIVES[request.param]) as lived:
        yield lived


@pytest.mark.parametrize(
    ("life", "fault"),
    [
        pytest.param(number, fault, id=f"{fault.phase}: {fault.name}")
        for number, faults in enumerate(LIVES)
        for fault in faults
    ],
    indirect=["life"],
    scope="module",
)
def test_a_fault_ends_as_it_has_to(life: Life, fault: Fault) -> None:
    outcome = life.undergo(fault)
    assert outcome.told <= fault.within + sum(fault.budgets.values())


def test_each_fault_is_undergone_once_and_none_after_the_end() -> None:
    undergone = [fault for faults in LIVES for fault in faults]
    assert sorted(map(repr, undergone)) == sorted(map(repr, SERVED))
    for faults in LIVES:
        assert not any(fault.last or fault.ends in ENDINGS for fault in faults[:-1])
        assert len({repr((fault.flags, fault.budgets)) for fault in faults}) == 1
