"""How long the word of a death waits: for the log, and for a parent that may explain it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deployer.serve.running import FOLLOWS, SHORTLY, Running

KILLED = "sglang::scheduler (process 7) has ended: killed by SIGKILL (9)"
ENDED = "sglang::scheduler (process 7) has ended: exit code 0"


@pytest.mark.parametrize(
    ("lost", "told", "waits"),
    [
        (KILLED, False, [SHORTLY]),
        (ENDED, True, [SHORTLY]),
        (ENDED, False, [SHORTLY, FOLLOWS]),
    ],
)
def test_nobody_else_is_waited_for_where_the_death_is_explained(
    lost: str, told: object, waits: list[float]
) -> None:
    """A tenth of a second is what all of it takes, where something is told at all."""
    waited: list[float] = []
    settled: list[None] = []
    running: Any = object.__new__(Running)
    running._settled = False
    running._watcher = SimpleNamespace(lost=lost)
    running.process = SimpleNamespace(settle=waited.append, returncode=None, pid=6)
    running.log = SimpleNamespace(
        settle=lambda: settled.append(None), diagnosis=lambda: told or None
    )

    assert running.lost() == lost
    assert running.lost() == lost, "once"
    assert waited == waits
    assert len(settled) == (lost == ENDED)
    assert SHORTLY < 0.02, "with what it takes to read and to tell, below a tenth of a second"
