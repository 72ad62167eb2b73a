"""The script that becomes the engine, run as a script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deployer.serve.launch import LEAD

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def lead(*words: str, supervisor: int | None = None) -> subprocess.CompletedProcess[str]:
    pid = os.getpid() if supervisor is None else supervisor
    command = [sys.executable, "-I", "-S", str(LEAD), str(pid), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)


def test_it_becomes_the_command() -> None:
    done = lead("sh", "-c", "echo $PPID")
    assert done.stdout == f"{os.getpid()}\n"


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGCHLD"])
def test_signals_are_as_a_program_expects_them(name: str) -> None:
    number = signal.Signals[name]
    before = signal.signal(number, signal.SIG_IGN)
    try:
        done = lead("cat", "/proc/self/status")
    finally:
        signal.signal(number, before)
    said = dict(line.split(":", 1) for line in done.stdout.splitlines())
    # Not 32 and 33: they are the C library's own, which lets nobody change them (nptl(7)).
    ours = sum(1 << each - 1 for each in signal.valid_signals())
    assert int(said["SigIgn"], 16) & ours == int(said["SigBlk"], 16) & ours == 0


def test_a_supervisor_that_is_gone_starts_nothing() -> None:
    done = lead("echo", "started", supervisor=1)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is gone already" in done.stderr


def test_a_command_that_is_missing_or_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder in PATH that may not be read makes a command that is nowhere one that is forbidden.
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert lead("no-such-engine").returncode == 127
    (tmp_path / "data").touch()
    done = lead(str(tmp_path / "data"))
    assert done.returncode == 126
    assert "cannot start" in done.stderr
