"""Stands for `python3` in an image: starts the fake engine with those words that it knows.

What it shall do wrong is in FAKE_ENGINE, as the fake's own flags; the fake compilation takes its
own from FAKE_COMPILE. All that it was told it writes into the file of FAKE_WORDS.
"""

import itertools
import os
import sys
from pathlib import Path

KNOWN = ("--model-path", "--host", "--port", "--config")
SERVE = Path(__file__).parents[2] / "serve"


def main(words: list[str]) -> None:
    if "sglang.compile_deep_gemm" in words:
        become(SERVE / "kernels" / "fake_compile.py", os.environ.get("FAKE_COMPILE", "").split())
    if heard := os.environ.get("FAKE_WORDS"):
        Path(heard).write_text("\n".join(words), encoding="utf-8")
    pairs = itertools.pairwise(words)
    kept = [word for pair in pairs if pair[0] in KNOWN for word in pair]
    become(SERVE / "fake_engine.py", [*kept, *os.environ.get("FAKE_ENGINE", "").split()])


def become(script: Path, words: list[str]) -> None:
    os.execv(sys.executable, [sys.executable, str(script), *words])  # noqa: S606 - no shell


if __name__ == "__main__":
    main(sys.argv[1:])
