"""What surrounds whatever is carried out on Modal: its lines, Ctrl-C, and who is asked then."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from deployer.cli.say import ask, can_ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.local.interrupts import Interrupts
    from deployer.apply.modal.parts import Parts
    from deployer.cli.progress import PhaseLines


@contextmanager
def carrying_out() -> Iterator[tuple[PhaseLines, Parts]]:
    """Draw phases while the block runs; SIGINT, SIGTERM and SIGHUP interrupt it once.

    Gives the lines, and the parts by which a pipeline finds out whether what runs on Modal stays.
    """
    from deployer.apply.local.interrupts import Interrupts  # noqa: PLC0415 - only what a verb needs
    from deployer.apply.modal.parts import DEFAULT_PARTS  # noqa: PLC0415 - as above
    from deployer.apply.patience import current  # noqa: PLC0415 - as above
    from deployer.cli.progress import PhaseLines  # noqa: PLC0415 - as above

    with PhaseLines() as lines, Interrupts() as interrupts:
        stay = partial(_stays, lines, interrupts)
        patience, before = current(), current().tell
        patience.tell = lines.note
        try:
            yield lines, replace(DEFAULT_PARTS, stay=stay, tell=lines.note)
        finally:
            patience.tell = before


def _stays(lines: PhaseLines, interrupts: Interrupts, what: str) -> bool:
    """Whether what runs on Modal shall go on: after SIGHUP it does, after Ctrl-C a person is asked.

    No answer, nobody there, and a polite kill end it.
    """
    if interrupts.first is not signal.SIGINT or not can_ask():
        return interrupts.first is signal.SIGHUP
    try:
        with lines.paused():
            return ask(f"Interrupted. Shall {what} go on without this command?")
    except BaseException:  # noqa: BLE001 - somebody who wants out gets out
        return False
