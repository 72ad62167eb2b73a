"""Runs each word of Python as a stage in a lane of its own: ``python -m tests.tools.staged WORD…``.

A process of its own, because it adopts orphans for as long as it lives. A word that begins with
``junit:`` is one that should write pytest's results; one that begins with ``then:`` is in the lane
of the one before it, and may run anywhere.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from tools.stages.run import Run, Stopped
from tools.stages.stage import Stage
from tools.stages.summary import summary


def main(words: list[str]) -> int:
    folder = Path.cwd()
    lanes: list[tuple[Stage, ...]] = []
    for number, word in enumerate(words):
        text = word.removeprefix("then:")
        stage = _stage(str(number), text, folder)
        if text == word:
            lanes.append((stage,))
        else:
            lanes[-1] += (replace(stage, anywhere=True),)
    run = Run(tuple(lanes), folder, _say)
    code = 0
    try:
        run.whole()
    except Stopped as stopped:
        _say(f"stopped by {stopped}")
        code = 128 + stopped.number
    _say(f"left {len(run.left)}")
    _say(summary(run.outcomes, [], []))
    return code


def _stage(name: str, word: str, folder: Path) -> Stage:
    code = word.removeprefix("junit:")
    results = (folder / f"{name}.xml",) if code != word else ()
    return Stage(name, ((sys.executable, "-c", code),), results)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
