"""An interpreter for tests that start deployer again and again: what it runs is imported already.

It stands in an environment of its own, beside a `deployer`, and takes what an isolated one is
given: `-I -m deployer WORDS`, or `-I SCRIPT WORDS`. What was asked for runs in a process with the
words, folder, variables and files of who asked; it is forked from one that has imported deployer,
instead of importing it for half a second. Its signals are not handed on: who tests those starts
the real interpreter.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent

COMMAND = """#!{python} -I
from deployer.cli.main import run

run()
"""


@contextmanager
def warm_python(**variables: str) -> Iterator[str]:
    """Give the path of such an interpreter.

    All that it runs has ``variables`` in its `/proc/self/environ`; what it was given by who asked
    is not there.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        venv.create(folder, symlinks=True)
        (packages,) = folder.glob("lib/python*/site-packages")
        shutil.copy(HERE / "asking.py", packages)
        # No `sitecustomize`: Debian's Python has one of its own, which is found first.
        (packages / "asking.pth").write_text("import asking\n", encoding="utf-8")
        python = str(folder / "bin" / "python")
        command = folder / "bin" / "deployer"
        command.write_text(COMMAND.format(python=python), encoding="utf-8")
        command.chmod(0o755)
        server = subprocess.Popen(
            [sys.executable, "-I", str(HERE / "server.py"), str(folder / "socket"), python],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
        )
        with server:
            try:
                assert server.stdout
                assert server.stdout.readline() == b"ready\n"
                yield python
            finally:
                server.terminate()
