"""An apply in a process of its own, that keeps its promises whatever answers: for being killed.

The fake engine answers no completion as the real one does, so what `verify` would ask is not asked.
Waiting, who answers, tags, lock and every step are the real ones.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

from deployer.apply.modal import parts
from deployer.apply.modal.locked import Clocks
from deployer.cli.main import run

NEEDS = (
    *("deployer.cli.apply_modal", "deployer.cli.apply_verb"),
    *("deployer.verify.run", "deployer.verify.sample"),
    __name__,
)
"""What an apply comes to import."""


def quickly(put: Callable[[str, object], object]) -> None:
    """Let waits be short, and whatever answers keep its promises; ``put`` sets a name's value."""
    quick = replace(parts.DEFAULT_PARTS, pause=0.1, look=0.1)
    put("deployer.apply.modal.parts.DEFAULT_PARTS", quick)
    put("deployer.apply.modal.part_run.POLL", 0.1)
    put("deployer.apply.modal.stream.WAIT", 0.1)
    # Whoever's lock is waited for here was killed: the waiter's time goes by faster.
    clocks = Clocks(clock=lambda: 20 * time.monotonic())
    put("deployer.apply.modal.locked.LOOK", 0.05)
    put("deployer.apply.modal.locked.Clocks", lambda: clocks)
    put("deployer.verify.run.verify", lambda *_, **__: ())
    put("deployer.verify.sample.sample_answer", lambda _: "hello")
    put("deployer.apply.modal.apply.all_hold", lambda _: True)


if __name__ == "__main__":
    with ExitStack() as stack:
        quickly(lambda name, value: stack.enter_context(patch(name, value)))
        run(sys.argv[1:])
