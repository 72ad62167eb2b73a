"""``python -m tools.mutants``: the share of small faults that the tests of four rooms see."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Loaded before the first fork, so that no child has to.
import click  # noqa: F401
import hypothesis  # noqa: F401
import pydantic  # noqa: F401
import yaml  # noqa: F401

from tools.mutants.copies import copied, mend, put
from tools.mutants.judge import FLOOR, PATIENCE, Outcome, begin, outcome, record
from tools.mutants.mutations import Mutant, mutants
from tools.mutants.reach import Reach
from tools.mutants.rooms import Room, rooms

SEED = 20261129
"""Which mutants are drawn; the same ones as long as the files are the same."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the mutants that were drawn the tests have seen, and how many could be drawn."""

    name: str
    killed: int
    drawn: int
    possible: int

    def __str__(self) -> str:
        """Say it in a line."""
        share = f" ({self.killed / self.drawn:.0%})" if self.drawn else ""
        return f"{self.name:8} {self.killed} of {self.drawn} killed{share}"


def main(words: list[str] | None = None) -> int:
    """Measure the rooms that are named, or all; gives 0 whatever the score is."""
    parser = argparse.ArgumentParser(prog="tools.mutants", description=__doc__)
    parser.add_argument("rooms", nargs="*", help="compile, diff, plan, check")
    parser.add_argument("--sample", type=int, default=50, help="mutants of each room; 0 for all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--floor", type=int, default=FLOOR, help="CPU seconds for any mutant")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(words)
    root = Path.cwd()
    wanted: list[str] = given.rooms
    chosen = [room for room in rooms(root) if not wanted or room.name in wanted]
    if not chosen:
        parser.error(f"there is no such room: {' '.join(wanted)}")
    scores: list[Score] = []
    for room in chosen:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            scores.append(_measure(room, root, Path(folder), given))
    print()
    for score in scores:
        print(f"{score}, of {score.possible} possible")
    whole = Score("all", sum(s.killed for s in scores), sum(s.drawn for s in scores), 0)
    print(f"{whole}, seed {given.seed}")
    return 0


def _measure(room: Room, root: Path, folder: Path, given: argparse.Namespace) -> Score:
    copies = [copied(root, folder / str(number)) for number in range(given.workers)]
    print(f"{room.name}: running its tests as they are", flush=True)
    reach = record(copies[0], room.tests, room.files)
    every = [m for file in room.files for m in mutants(file, (root / file).read_text("utf-8"))]
    chooser = random.Random(f"{given.seed} {room.name}")  # noqa: S311 - a sample, no secret
    sample = given.sample or len(every)
    drawn = sorted(chooser.sample(every, min(sample, len(every))), key=every.index)
    killed = 0
    for mutant, result in _judged(drawn, copies, reach, given.floor):
        killed += result is not Outcome.SURVIVED
        if result is not Outcome.KILLED:
            print(f"  {result} {mutant}", flush=True)
    return Score(room.name, killed, len(drawn), len(every))


def _judged(
    drawn: list[Mutant], copies: list[Path], reach: Reach, floor: int
) -> Iterator[tuple[Mutant, Outcome]]:
    """Judge the mutants, as many at a time as there are copies."""
    waiting, free = list(reversed(drawn)), list(copies)
    running: dict[int, tuple[Mutant, Path, str]] = {}
    while waiting or running:
        while waiting and free:
            mutant, copy = waiting.pop(), free.pop()
            tests = reach.tests(mutant.file, mutant.line)
            text = put(copy, mutant)
            limit = int(reach.cost(tests) * PATIENCE) + floor
            running[begin(copy, tests, limit)] = (mutant, copy, text)
        child, status = os.wait()
        mutant, copy, text = running.pop(child)
        mend(copy, mutant, text)
        free.append(copy)
        yield mutant, outcome(status)


if __name__ == "__main__":
    sys.exit(main())
