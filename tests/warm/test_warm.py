"""The warm interpreter runs what the real one would, for whoever asks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import warm_python

pytestmark = pytest.mark.process

SCRIPT = """
import os, pathlib, subprocess, sys
print(__name__, sys.argv, pathlib.Path.cwd(), dict(os.environ), sys.stdin.read())
print(subprocess.run(["sh", "-c", "exit 5"]).returncode, file=sys.stderr)
sys.exit(sys.argv[-1] if sys.argv[2:] else int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def python() -> Iterator[str]:
    with warm_python() as warm:
        yield warm


@pytest.mark.parametrize("words", [["0"], ["3"], ["3", "a text"]])
def test_a_script_finds_what_it_was_started_with(
    tmp_path: Path, python: str, words: list[str]
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")

    said = [
        subprocess.run(
            [each, "-I", str(script), *words],
            cwd=tmp_path,
            env={"LC_ALL": "C.UTF-8", "A": "b=c\n", "EMPTY": ""},
            input="é",
            encoding="utf-8",
            capture_output=True,
            check=False,
        )
        for each in (sys.executable, python)
    ]

    real, warm = ((it.returncode, it.stdout, it.stderr) for it in said)
    assert "é" in real[1]
    assert warm == real


def test_a_verb_ends_as_it_does_in_a_process_of_its_own(python: str) -> None:
    ran = [
        subprocess.run(
            [each, "-I", "-m", "deployer", "nope"], capture_output=True, text=True, check=False
        )
        for each in (sys.executable, python)
    ]

    real, warm = ((it.returncode, it.stdout, it.stderr) for it in ran)
    assert real[0] == 2
    assert warm == real


def test_what_it_starts_is_warm_as_well(tmp_path: Path, python: str) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.executable)", encoding="utf-8")

    said = subprocess.run([python, "-I", str(script)], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == python
