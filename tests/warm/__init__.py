"""An interpreter for tests that start deployer again and again: what it runs is imported already.

It stands in an environment of its own, `bin/python`, and takes what an isolated interpreter is
given: `-I -m deployer WORDS`, or `-I SCRIPT WORDS`. What was asked for runs in a process of its own
with the words, folder, variables and files of who asked; it is forked from one that has imported
deployer, instead of importing it for half a second. Its signals are not handed on, and
`/proc/self` is another's: who tests those starts the real interpreter.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


@contextmanager
def warm_python() -> Iterator[str]:
    """Give the path of such an interpreter."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        venv.create(folder, symlinks=True)
        (packages,) = folder.glob("lib/python*/site-packages")
        shutil.copy(HERE / "sitecustomize.py", packages)
        python = str(folder / "bin" / "python")
        server = subprocess.Popen(
            [sys.executable, "-I", str(HERE / "server.py"), str(folder / "socket"), python],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with server:
            try:
                assert server.stdout
                assert server.stdout.readline() == b"ready\n"
                yield python
            finally:
                server.terminate()
