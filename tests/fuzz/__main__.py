"""``python -m tests.fuzz [TARGET...] --minutes N``: look for inputs that the product stumbles over.

What is found lies in ``tests/fuzz/crashes/TARGET`` and is a test from then on. Exits 1 if anything
was found, 2 if nothing was tried.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.fuzz.targets import TARGETS, Target

CRASHES = Path(__file__).parent / "crashes"

LONGEST = 20.0
"""Seconds of processor time for one input: more is a hang. Other work on the machine counts for
nothing."""


class Hang(Exception):
    """An input took longer than any should."""


def main() -> int:
    """Give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--seed", type=int, default=None, help="the same inputs again")
    given = parser.parse_args()
    if wrong := [name for name in given.targets if name not in TARGETS]:
        parser.error(f"there is no target {wrong[0]}")
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(2**32)
    found = tried = 0
    with private():
        for name in given.targets or TARGETS:
            count, crashes = fuzz(name, time.monotonic() + given.minutes * 60, seed)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"{name}: {count} inputs (seed {seed}), {len(crashes)} kinds of faults, "
                f"{peak} MB at most",
                flush=True,
            )
            for kind, path in crashes.items():
                print(f"  {path}: {kind}")
            tried += count
            found += len(crashes)
    return 2 if not tried else int(found > 0)


@contextmanager
def private() -> Iterator[Path]:
    """Keep the state, the token and the key of whoever runs this out of it."""
    with tempfile.TemporaryDirectory(prefix="deployer-fuzz-") as folder:
        for name in ("API_KEY", "HF_TOKEN", "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"):
            os.environ.pop(name, None)
        os.environ["XDG_STATE_HOME"] = folder
        os.environ["MODAL_CONFIG_PATH"] = f"{folder}/modal.toml"
        os.environ["DEPLOYER_CATALOGUES"] = f"{folder}/catalogues"
        yield Path(folder)


def fuzz(name: str, until: float, seed: int) -> tuple[int, dict[str, Path]]:
    """Feed a target until a time; give how many inputs it took, and one file a kind of fault."""
    target, crashes, count = TARGETS[name], dict[str, Path](), 0
    with tempfile.TemporaryDirectory(prefix="deployer-fuzz-") as folder:
        while time.monotonic() < until:
            written = target.make(random.Random(f"{seed} {count}"))
            kind = fault(target, written, Path(folder))
            if kind and kind not in crashes:
                crashes[kind] = _kept(name, written)
            count += 1
    return count, crashes


def fault(target: Target, written: str, folder: Path) -> str:
    """Feed one input; give what kind of fault it met, empty for none."""
    before = signal.signal(signal.SIGPROF, _late)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        target.feed(written, folder)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return _kind(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return ""


def _late(_number: int, _frame: FrameType | None) -> None:
    raise Hang


def _kind(error: Exception) -> str:
    """Name a fault by its last line, so that one fault is kept once."""
    lines = str(error).strip().splitlines()
    blamed = [line.strip() for line in lines if line.strip().startswith('File "')]
    where = blamed[-1] if blamed else _place(error)
    said = next((line for line in reversed(lines) if "Error" in line[:60]), type(error).__name__)
    return f"{where}: {said[:100]}"


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"


def _kept(name: str, written: str) -> Path:
    data = written.encode("utf-8", errors="surrogatepass")
    path = CRASHES / name / hashlib.sha256(data).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main())
