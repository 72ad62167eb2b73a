"""Stages as real processes: whatever they start is ended, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.fresh import FRESH
from tests.serve.living import ROOT, relatives, wait_for

pytestmark = pytest.mark.process

STRAY = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
TIDY = """
import sys, time
try:
    print('ready', file=open('ready', 'w'), flush=True)
    time.sleep(600)
finally:
    print('tidied', file=open('tidied', 'w'), flush=True)
"""
DEAF = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + TIDY
DISPOSITIONS = """
import signal
print([n for n in (1, 2, 3, 15) if signal.getsignal(n) is signal.SIG_IGN], file=open('seen', 'w'))
"""


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[str]:
    """Give a word by which everything that a test starts is found, and end what is left."""
    word = f"STAGES_{os.getpid()}_{tmp_path.name}"
    yield word
    for pid in relatives(word):
        os.kill(pid, signal.SIGKILL)


def start(
    folder: Path, marker: str, *words: str, ignored: tuple[int, ...] = ()
) -> subprocess.Popen[str]:
    ignoring = f"import os, signal, sys\nfor n in {ignored}: signal.signal(n, signal.SIG_IGN)\n"
    become = "os.execv(sys.executable, [sys.executable, '-m', 'tests.tools.staged', *sys.argv[1:]])"
    return subprocess.Popen(
        [*FRESH, sys.executable, "-c", ignoring + become, *words],
        cwd=folder,
        env={**os.environ, "MARKER": marker, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_what_a_stage_leaves_is_seen_and_ended(tmp_path: Path, marker: str) -> None:
    process = start(tmp_path, marker, STRAY)
    output, _ = process.communicate()

    assert "left 1\n" in output
    assert output.endswith("1 passed, 0 failed, 0 skipped\n")
    assert relatives(marker) == []


def test_a_lane_with_nothing_left_takes_what_may_run_anywhere(tmp_path: Path, marker: str) -> None:
    """The first ends when the second has begun, which is behind it in its own lane."""
    waits = "import pathlib, time\nwhile not pathlib.Path('second').exists(): time.sleep(0.01)"
    process = start(tmp_path, marker, waits, "then:open('second', 'w')", "print('short')")
    output, _ = process.communicate()

    assert output.endswith("3 passed, 0 failed, 0 skipped\n")


def test_a_stage_that_fails_says_all_and_the_others_go_on(tmp_path: Path, marker: str) -> None:
    process = start(tmp_path, marker, "print('why'); raise SystemExit(3)", "print('hidden')")
    output, _ = process.communicate()

    assert "0: FAILED:\n\nwhy\n" in output
    assert "1: passed\n" in output
    assert "hidden" not in output
    assert output.endswith("1 passed, 1 failed, 0 skipped\n")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "pytest ended with 0 and told no result"),
        ("raise SystemExit(5)", "pytest ended with 5 and told no result"),
        ("open('0.xml', 'w').write('<testsuites/>')", "it ran nothing"),
        (
            "open('0.xml', 'w').write('<t><testcase/></t>'); raise SystemExit(2)",
            "pytest ended with 2 though no test failed",
        ),
    ],
)
def test_a_stage_without_a_result_is_a_failure(
    tmp_path: Path, marker: str, code: str, why: str
) -> None:
    output, _ = start(tmp_path, marker, f"junit:{code}").communicate()

    assert f"    failed: {why}\n" in output
    assert "1 failed" in output.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_lets_stages_tidy_up_and_leaves_nothing(
    tmp_path: Path, marker: str, number: signal.Signals
) -> None:
    process = start(tmp_path, marker, STRAY + TIDY)
    wait_for((tmp_path / "ready").exists)
    process.send_signal(number)
    output, _ = process.communicate()

    assert process.returncode == 128 + number
    assert f"stopped by {number.name}" in output
    assert (tmp_path / "tidied").exists()
    assert relatives(marker) == []


def test_a_second_interrupt_waits_for_nobody(tmp_path: Path, marker: str) -> None:
    process = start(tmp_path, marker, DEAF)
    wait_for((tmp_path / "ready").exists)
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert any(line.startswith("stopping") for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    process.communicate()

    assert process.returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "tidied").exists()
    assert relatives(marker) == []


def test_in_the_background_only_sigterm_ends_it_and_stages_start_with_defaults(
    tmp_path: Path, marker: str
) -> None:
    ignored = (int(signal.SIGHUP), int(signal.SIGINT), int(signal.SIGQUIT))
    process = start(tmp_path, marker, DISPOSITIONS + TIDY, ignored=ignored)
    wait_for((tmp_path / "ready").exists)
    for number in ignored:
        process.send_signal(number)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate()

    assert (tmp_path / "seen").read_text() == "[]\n"
    assert "stopped by SIGTERM" in output
    assert (tmp_path / "tidied").exists()
