"""``python -m tools.tiny_model``: train the tiny model, and compare with what comes with deployer.

It takes the engine's environment (`deployer engine install`) and about two minutes of one core.
The same weights, to the byte, come out of the same torch on the same kind of CPU; elsewhere sums
are rounded otherwise, and what must hold is that the examination was passed, and that every other
file is the same. ``--write`` puts what was trained into its place.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deployer.engine import child
from deployer.engine.environment import locate
from deployer.engine.model import FOLDER, MANIFEST, checksums
from deployer.facts.cpu import RELEASES, SWITCH

TRAINER = FOLDER.parent / "train.py"
WEIGHTS = "model.safetensors"


def main(words: Sequence[str] | None = None) -> int:
    """Train and compare; 1 where a file differs that should not."""
    parser = argparse.ArgumentParser(prog="python -m tools.tiny_model", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep what was trained")
    write = parser.parse_args(words).write
    engine = locate(RELEASES[-1])
    if engine is None:
        sys.exit(f"SGLang {RELEASES[-1]} is not installed: `deployer engine install` does it")
    with tempfile.TemporaryDirectory(prefix="deployer-tiny-") as folder:
        trained = Path(folder)
        command = [str(engine.python), str(TRAINER), "--output", str(trained)]
        child.run(
            command, doing="training", env={SWITCH: "1", "HF_HUB_OFFLINE": "1"}, on_line=print
        )
        found = differing(trained, FOLDER)
        print("\n".join(say(name) for name in found) or "the same to the byte")
        if write:
            keep(trained)
    return 0 if set(found) <= {WEIGHTS} or write else 1


def differing(trained: Path, kept: Path) -> list[str]:
    """Give the names of the files that are not the same in both."""
    new, old = checksums(trained), checksums(kept)
    return sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))


def say(name: str) -> str:
    """Say what it means that a file differs."""
    if name == WEIGHTS:
        return f"{name}: others, which passed the examination too"
    return f"{name}: differs"


def keep(trained: Path) -> None:
    """Put what was trained into its place, with its checksums."""
    for file in FOLDER.iterdir():
        file.unlink()
    for file in trained.iterdir():
        shutil.copyfile(file, FOLDER / file.name)
    (FOLDER / MANIFEST).write_text(json.dumps(checksums(FOLDER), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
