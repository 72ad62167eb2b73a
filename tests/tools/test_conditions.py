"""The tests under adverse conditions: what was not run is said, and nothing run is no success."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.conditions import __main__ as conditions
from tools.conditions import shuffled
from tools.conditions.catalogue import AT_ONCE, BECOME, CONDITIONS, NEVER, SLOW
from tools.conditions.condition import Condition, Impossible, Start
from tools.conditions.interpreters import find
from tools.conditions.told.sitecustomize import TOLD

pytestmark = pytest.mark.process

PASSES = "tests/tools/test_conditions.py::test_a_version_that_nobody_has_is_impossible"


@contextmanager
def impossible() -> Iterator[Start]:
    msg = "no such machine"
    raise Impossible(msg)
    yield Start()


@contextmanager
def plain() -> Iterator[Start]:
    yield Start()


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two conditions, one of which no machine can be brought into; nobody adopts orphans."""
    chosen = (Condition("odd", "odd", impossible), Condition("plain", "nothing wrong", plain))
    monkeypatch.setattr(conditions, "CONDITIONS", chosen)
    monkeypatch.setattr(conditions, "adopt_orphans", lambda: None)
    monkeypatch.setattr(conditions, "end_descendants", lambda: None)


def test_a_version_that_nobody_has_is_impossible() -> None:
    with pytest.raises(Impossible, match=r"no python9\.9 on PATH, and pyenv has none"):
        find("9.9")


def test_the_version_that_runs_is_found() -> None:
    version = f"3.{sys.version_info[1]}"
    asked = subprocess.run([find(version), "-V"], capture_output=True, text=True, check=True)

    assert asked.stdout.startswith(f"Python {version}.")


def test_all_are_listed_and_none_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert conditions.main(["--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]

    assert listed == [each.name for each in CONDITIONS]
    assert len(set(listed)) == len(listed)


def test_a_name_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        conditions.main(["one-cor"])

    assert ended.value.code == 2
    assert "no such condition: one-cor; there are one-core, " in capsys.readouterr().err


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("words", "code", "last"),
    [
        (["odd"], 2, "0 passed, 0 failed, 1 not possible here"),
        (["odd", "plain", "--", PASSES], 0, "1 passed, 0 failed, 1 not possible here"),
        (["plain", "--", PASSES, "-k", "none"], 1, "0 passed, 1 failed, 0 not possible here"),
        (["plain", "--", "tests/nowhere"], 1, "0 passed, 1 failed, 0 not possible here"),
    ],
)
def test_what_was_not_run_is_said_and_is_no_success(
    words: list[str], code: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conditions.main(words) == code
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if "not possible here" in line][-1] == last
    assert ("odd: not possible here: no such machine" in said) == ("odd" in words)


def test_a_process_becomes_another_with_what_was_changed() -> None:
    core = min(os.sched_getaffinity(0))
    words = [*BECOME, f"cpu={core}", "ignore=SIGHUP", "--", "cat", "/proc/self/status"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)

    assert re.search(rf"^Cpus_allowed_list:\t{core}$", ran.stdout, re.MULTILINE)
    ignored = re.search(r"^SigIgn:\t(\w+)$", ran.stdout, re.MULTILINE)
    assert ignored
    assert int(ignored[1], 16) & 1 << signal.SIGHUP - 1


def test_a_change_that_is_none_starts_nothing() -> None:
    ran = subprocess.run(
        [*BECOME, "gpu", "--", "echo", "hi"], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "no such change: gpu" in ran.stderr


def test_the_order_is_the_seeds() -> None:
    first, again = list(range(50)), list(range(50))
    shuffled.pytest_collection_modifyitems(first)
    shuffled.pytest_collection_modifyitems(again)

    assert first == again != list(range(50))
    assert f"DEPLOYER_SEED={shuffled.SEED}" in shuffled.pytest_report_header()


def test_a_write_is_slow_and_a_read_is_not(tmp_path: Path) -> None:
    def seconds(code: str) -> float:
        slow = {"PYTHONPATH": str(SLOW), "DEPLOYER_SLOW_WRITES": "2"}
        timed = f"import time; t = time.monotonic(); {code}; print(time.monotonic() - t)"
        ran = subprocess.run(
            [sys.executable, "-c", timed],
            cwd=tmp_path,
            env=os.environ | slow,
            capture_output=True,
            text=True,
            check=True,
        )
        return float(ran.stdout)

    assert seconds("open('a', 'w')") >= 2
    assert seconds("open('a')") < seconds("open('b', 'w')")


@pytest.mark.parametrize(("name", "seconds"), [("told-at-once", AT_ONCE), ("told-never", NEVER)])
def test_what_is_told_after_some_seconds_has_others_in_each_of_its_modules(
    name: str, seconds: float
) -> None:
    (condition,) = (each for each in CONDITIONS if each.name == name)
    code = "".join(f"import {module}; print({module}.{name})\n" for module, name in TOLD.items())
    with condition.enter() as start:
        told = subprocess.run(
            [start.python, "-c", code], env=start.environ(), capture_output=True, check=True
        )
    ours = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert [float(line) for line in told.stdout.split()] == [seconds] * len(TOLD)
    assert not {float(line) for line in ours.stdout.split()} & {AT_ONCE, NEVER}


def test_the_workflow_names_conditions_that_exist() -> None:
    text = Path(".github/workflows/ci.yml").read_text(encoding="utf-8")
    (named,) = re.findall(r"make conditions ONLY='([^']*)'", text)

    assert set(named.split()) <= {each.name for each in CONDITIONS}
