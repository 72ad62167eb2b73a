"""The part of the fault matrix in which the engine serves."""

from __future__ import annotations

import pytest

from .faults import FAULTS, Fault
from .serving import undergo

pytestmark = pytest.mark.process

SERVING = [fault for fault in FAULTS if fault.phase == "serving"]


@pytest.mark.parametrize("fault", SERVING, ids=lambda fault: fault.name)
def test_a_fault_while_it_serves_ends_as_it_has_to(fault: Fault) -> None:
    outcome = undergo(fault)
    assert outcome.told <= fault.within + sum(fault.budgets.values())
