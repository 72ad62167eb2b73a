"""Stands for `python3` in an image: starts the fake engine with those words that it knows.

What it shall do wrong is in FAKE_ENGINE, as the fake's own flags.
"""

import itertools
import os
import sys
from pathlib import Path

KNOWN = ("--model-path", "--host", "--port", "--config")
FAKE = Path(__file__).parents[2] / "serve" / "fake_engine.py"


def main(words: list[str]) -> None:
    pairs = itertools.pairwise(words)
    kept = [word for pair in pairs if pair[0] in KNOWN for word in pair]
    wrong = os.environ.get("FAKE_ENGINE", "").split()
    os.execv(sys.executable, [sys.executable, str(FAKE), *kept, *wrong])  # noqa: S606 - no shell


if __name__ == "__main__":
    main(sys.argv[1:])
