"""Writes docs/reliability.md: the states of liveness, and the faults with what a run measured.

``python -m tools.reliability`` lets a server undergo every fault (minutes, with the fake engine of
the tests); ``--check`` says whether the page has every fault and every state, and nothing else.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from deployer.serve.liveness import TABLE
from tests.serve.faults import ENDS, FAULTS, Fault
from tests.serve.serving import Outcome, undergo

PAGE = Path("docs/reliability.md")

HEAD = """\
# What becomes of a server

This page is written by `python -m tools.reliability`; a test holds it to the code.

On Modal what goes wrong is mostly between this machine and Modal:
[what becomes of each verb](reliability-modal.md) then, with its exit code, its bound, its words and
the state afterwards, is a page of its own.

## Whether the engine lives

SGLang's `/health` says 200 while no token leaves, and 503 while the engine is only busy. So the
runtime tells a hang from progress: bytes that clients got (from the door), tokens that the
scheduler has computed and that have come out of the engine (its `/metrics` and `/v1/loads`, on the
loopback), processes that the kernel shows as stopped, and requests of its own for one token. The
budget is `lifecycle.hang_timeout`. Of the rows, the first that holds counts; from each state every
other one follows when its row holds, but for `hung`.

{states}

A hang is told with the stacks of every process in the engine's log (`py-spy dump` where it is
installed, what the kernel tells of each thread elsewhere), within three seconds, and ends the
engine. On Modal the container ends with exit code 1, and the platform starts another one when one
is asked for. On this machine the supervisor starts the engine again, after 1, 2, 4, ... seconds up
to a minute, at most `lifecycle.restarts` times in a row; ten minutes of serving begin the count
anew. The door stays meanwhile and answers 503 with `Retry-After`. `deployer status` counts the
restarts.

What the policy cannot see: one stream of several that gets nothing, while others do; a client that
gave up because tokens were slow; and a hang behind an engine that has none of the counters, which
is called `unseen`. A detokenizer that hangs without being stopped is told when tokens are missing:
16 of each request where all are streams that have begun, 128 where some are not; while a scheduler
reads a long prompt, none is.

Each release of the engine from 0.5.9 to 0.5.23 has the counters; a test looks for them in its
published sources. They need `--enable-metrics`, which the runtime adds where the profile does not.

## Faults

Each is done to a real supervisor with a real door and an engine without a model that counts as
SGLang does; the real engine is stopped at each of its processes in
`tests/life/test_real_life_ends.py`. Seconds are of one run on a busy machine with two cores, and
are no promise; the budgets of the faults (a hang of 2 s, a start of 3 s) are in them.

{ends}

{faults}
"""


def states() -> str:
    """Write the table of states."""
    rows = [f"| `{state}` | {_line(when)} | {_line(then)} |" for state, when, then in TABLE]
    return "\n".join(["| state | when | then |", "|---|---|---|", *rows])


def ends() -> str:
    """Write what the ends are."""
    return "\n".join(f"- **{end}**: {what}" for end, what in ENDS.items())


def row(fault: Fault, outcome: Outcome) -> str:
    """Write one fault."""
    seconds = f"{outcome.told:.2f} | {outcome.done:.2f}"
    return f"{key(fault)} {seconds} |"


def key(fault: Fault) -> str:
    """Write what of a fault's row does not depend on the run."""
    return f"| {fault.phase} | {fault.name} | {fault.ends} |"


def page(rows: list[str]) -> str:
    """Write the page."""
    head = [
        "| during | fault | ends | told after, s | all done after, s |",
        "|---|---|---|--:|--:|",
    ]
    table = "\n".join([*head, *rows])
    return HEAD.format(states=states(), ends=ends(), faults=table)


def stale(text: str) -> str:
    """Say what a page lacks; '' where only its seconds may differ."""
    seconds = re.compile(r"-?\d+\.\d\d \| -?\d+\.\d\d \|$", re.MULTILINE)
    plain = page([f"{key(fault)} 0.00 | 0.00 |" for fault in FAULTS])
    same = seconds.sub("", text) == seconds.sub("", plain)
    return "" if same else f"{PAGE} is stale: `python -m tools.reliability` writes it"


def main() -> int:
    """Write the page, or say whether it is fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        said = stale(PAGE.read_text(encoding="utf-8"))
        sys.stderr.write(f"{said}\n" if said else "")
        return int(bool(said))
    rows = []
    for fault in FAULTS:
        rows.append(row(fault, undergo(fault)))
        sys.stderr.write(f"{rows[-1]}\n")
    PAGE.write_text(page(rows), encoding="utf-8")
    return 0


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main())
