"""Programs are followed line by line, and their group ends with the wait."""

import os
import sys
import time
from pathlib import Path

import pytest

from deployer.engine import child
from deployer.errors import Failure

pytestmark = pytest.mark.process

ENV = {"PATH": os.environ["PATH"]}


def run(code: str, lines: list[str]) -> None:
    child.run([sys.executable, "-c", code], doing="the step", env=ENV, on_line=lines.append)


def test_lines_of_both_streams() -> None:
    lines: list[str] = []
    run("import sys; print('out', flush=True); print('err', file=sys.stderr)", lines)
    assert lines == ["out", "err"]


def test_failure_shows_the_last_lines() -> None:
    with pytest.raises(Failure) as caught:
        run("for i in range(40): print('line', i)\nraise SystemExit(3)", [])
    assert "the step failed with exit status 3" in caught.value.message
    assert "line 39" in caught.value.message
    assert "line 20" not in caught.value.message


def test_full_disk_has_its_own_words() -> None:
    with pytest.raises(Failure, match="the step: the disk is full") as caught:
        run("import os; print(os.strerror(28)); raise SystemExit(1)", [])
    assert "free some space" in caught.value.hint


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(Failure, match="cannot be started"):
        child.run(["/nowhere/pip"], doing="the step", env=ENV, on_line=print)


def test_interrupt_ends_the_group(tmp_path: Path) -> None:
    """Ctrl-C reaches the caller alone, because the child has a session of its own."""
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(grandchild.pid))\n"
        "print('started', flush=True)\n"
        "time.sleep(600)\n"
    )

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        child.run([sys.executable, "-c", code], doing="the step", env=ENV, on_line=interrupt)
    assert time.monotonic() - begun < 300
    assert _ended(int(pid_file.read_text()))


def _ended(pid: int) -> bool:
    for _ in range(5000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False
