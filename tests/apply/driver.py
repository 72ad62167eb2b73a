"""Runs one apply as a process of its own, as a user would, in the test world.

``python -m apply.driver HOME RELEASE_FILE SLOW_PHASE``: events go to stdout as JSON lines, then
one line with what it came to. SLOW_PHASE (``engine``, ``model``, ``verify`` or '') takes a minute;
``patient`` waits an hour for a server to end.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from deployer.errors import DeployerError
from deployer.release import Release

from .world import World, fake_parts


def main() -> int:
    home, release_file, slow = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    world = World(home, parts=_slow_parts(home, slow))
    release = Release.from_json(release_file.read_text())
    try:
        applied = world.apply(release, on_event=lambda event: _tell(event.to_json()))
    except DeployerError as error:
        _tell(json.dumps({"error": type(error).__name__, "message": error.message}))
        return error.exit_code
    _tell(json.dumps({"outcome": applied.outcome}))
    return 0


def _slow_parts(home: Path, slow: str) -> Any:
    if slow == "patient":
        return fake_parts(home, margin=3600.0)
    plain = fake_parts(home)

    def wait(then: Any) -> Any:
        def call(*words: Any) -> Any:
            time.sleep(60)
            return then(*words)

        return call

    names = {"engine": "locate", "model": "tiny_model", "verify": "verify"}
    if slow not in names:
        return plain
    return fake_parts(home, **{names[slow]: wait(getattr(plain, names[slow]))})


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
