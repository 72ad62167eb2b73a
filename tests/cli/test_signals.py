"""Signals that are ignored from the start, as `nohup`, a shell's `&` and some daemons have it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import commit, git

pytestmark = pytest.mark.process

IGNORING = (
    "import os, signal, sys\n"
    "signal.signal(int(sys.argv[1]), signal.SIG_IGN)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])\n"
)


def ignoring(
    number: signal.Signals, *words: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python with a signal ignored from its first moment on."""
    command = [sys.executable, "-c", IGNORING, str(int(number)), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_a_program_that_fails_is_seen_to_fail_where_ends_of_children_are_ignored(
    tmp_path: Path,
) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").touch()
    commit(tmp_path)
    ran = ignoring(signal.SIGCHLD, "-m", "deployer", "diff", "--base", "nope", cwd=tmp_path)

    assert ran.returncode != 0
    assert "git knows no commit `nope` here" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_resolution_that_hangs_is_ended_where_its_alarm_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text('{"seconds": 1, "overlay": null, "questions": []}')
    hang = (
        "import signal\n"
        "from deployer.engine.pretend import loading, run\n"
        "loading.load = lambda **_: [signal.sigwait([signal.SIGUSR1])]\n"
        "run.main('request.json', 'answer.json')\n"
    )
    ran = ignoring(signal.SIGALRM, "-c", hang, cwd=tmp_path)

    assert ran.returncode == -signal.SIGALRM
