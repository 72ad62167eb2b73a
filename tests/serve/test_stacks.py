"""The stacks of a hung engine: of every process, in bounded time, with and without py-spy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from deployer.serve.stacks import stacks

from .living import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def stopped() -> Iterator[int]:
    """A process that stands still."""
    words = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
    process = subprocess.Popen(words)
    os.kill(process.pid, signal.SIGSTOP)
    wait_for(lambda: any("state T" in line for line in stacks({process.pid: "x"}, {})))
    yield process.pid
    process.kill()
    process.wait()


def tool(folder: Path, script: str) -> dict[str, str]:
    path = folder / "py-spy"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_without_py_spy_the_kernel_tells_and_that_is_said(stopped: int) -> None:
    lines = stacks({stopped: "sglang::scheduler"}, {"PATH": "/nowhere"})
    assert lines[0].startswith("py-spy is not installed here")
    assert lines[1] == f"process {stopped}: sglang::scheduler"
    assert "  state T (stopped)" in lines
    assert any(f"thread {stopped} (python" in line and "waits in" in line for line in lines)


def test_py_spy_is_asked_of_every_process(stopped: int, tmp_path: Path) -> None:
    environ = tool(tmp_path, 'for last; do :; done; echo "stack of $last"')
    lines = stacks({stopped: "one", os.getpid(): "two"}, environ)
    assert f"  stack of {stopped}" in lines
    assert f"  stack of {os.getpid()}" in lines


def test_a_py_spy_that_may_not_look_is_quoted(stopped: int, tmp_path: Path) -> None:
    environ = tool(tmp_path, 'echo "Process $4: python"; echo "Error: Denied" >&2; exit 1')
    assert "  py-spy could not look: Error: Denied" in stacks({stopped: "one"}, environ)
    environ = tool(tmp_path, "exit 3")
    assert "  py-spy could not look: exit code 3" in stacks({stopped: "one"}, environ)


def test_what_cannot_be_halted_is_read_as_it_is(stopped: int, tmp_path: Path) -> None:
    """py-spy 0.4.3 says of a stopped process `Failed to suspend process`, and shows no thread."""
    script = 'case "$2" in --nonblocking) echo "read $4";; *) echo halted >&2; exit 1;; esac'
    lines = stacks({stopped: "one", os.getpid(): "two"}, tool(tmp_path, script))
    one, two = (
        lines.index(f"process {pid}: {n}") for pid, n in ((stopped, "one"), (os.getpid(), "two"))
    )
    parts = (
        {"one": lines[one:two], "two": lines[two:]}
        if one < two
        else {"one": lines[one:], "two": lines[two:one]}
    )
    assert f"  read {stopped}" in parts["one"]
    assert "  py-spy could not look: halted" not in parts["one"], "it was not asked to halt it"
    assert "  py-spy could not look: halted" in parts["two"]
    assert f"  read {os.getpid()}" in parts["two"]


def test_a_py_spy_that_does_not_end_holds_up_nobody(stopped: int, tmp_path: Path) -> None:
    environ = tool(tmp_path, "exec sleep 600")
    began = time.monotonic()
    lines = stacks({stopped: "one"}, environ, 0.3)
    assert time.monotonic() - began < 300
    assert "  py-spy did not end in time" in lines
    assert "  state T (stopped)" in lines


def test_a_process_that_is_gone_is_no_trouble() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert "  state gone" in stacks({process.pid: "gone"}, {"PATH": "/nowhere"})
