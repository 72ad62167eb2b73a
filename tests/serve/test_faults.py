"""The fault matrix: each ends as it has to, within its bound, with nothing left.

Those of an engine that serves are in a file of their own: a process takes a file whole.
"""

from __future__ import annotations

import pytest

from .faults import FAULTS, Fault
from .serving import undergo

pytestmark = pytest.mark.process


BEFORE = [fault for fault in FAULTS if fault.phase not in {"serving", "drain"}]


@pytest.mark.parametrize("fault", BEFORE, ids=lambda fault: f"{fault.phase}: {fault.name}")
def test_a_fault_ends_as_it_has_to(fault: Fault) -> None:
    outcome = undergo(fault)
    assert outcome.told <= fault.within + sum(fault.budgets.values())


def test_there_are_many_and_each_is_named_once() -> None:
    names = [(fault.phase, fault.name) for fault in FAULTS]
    assert len(names) >= 50
    assert len(set(names)) == len(names)
