"""What is forked finds what a new interpreter would, and its end is told as that one's."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.fresh import FRESH
from tests.forks import ROOT, asked, command, seen

pytestmark = pytest.mark.process

MODULE = seen.__name__


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """Give an environment with a `sitecustomize` of its own."""
    (tmp_path / "sitecustomize.py").write_text("WHOSE = 'ours'\n", encoding="utf-8")
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    return {"A": "b=c\n", "HOME": str(tmp_path), "PYTHONPATH": path}


def test_it_sees_what_a_new_interpreter_sees(variables: dict[str, str]) -> None:
    words = ["one", "two words", "3"]
    real = subprocess.run(
        [*FRESH, sys.executable, "-m", MODULE, *words],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=False,
    )
    forked = command(MODULE, words, (), variables)
    said, _ = forked.communicate()
    assert forked.returncode == real.returncode == 3
    assert told(said) == told(real.stdout.decode())
    assert told(said)["site"] == "ours"
    assert told(said)["leads"]


def test_one_that_is_killed_is_told_as_killed(variables: dict[str, str]) -> None:
    forked = command(MODULE, ["killed"], (), variables)
    forked.communicate()
    assert forked.poll() == forked.wait() == -signal.SIGKILL


def test_it_answers_what_it_is_asked(variables: dict[str, str]) -> None:
    forked = asked(MODULE, ["0"], (), **variables)
    assert forked.poll() is None
    assert forked.stdin
    forked.stdin.write("a question\n")
    said, _ = forked.communicate()
    assert said.endswith("a question\n")
    assert forked.returncode == 0


def test_it_has_the_terminal_that_it_is_given(variables: dict[str, str]) -> None:
    ours, its = pty.openpty()
    forked = command(MODULE, ["0"], (), variables, its)
    assert told(os.read(ours, 65536).decode())["terminal"]
    assert forked.wait() == 0
    os.close(ours)
    os.close(its)


def told(said: str) -> Any:
    return json.loads(said.splitlines()[0])
