"""Files of tests that several processes share: each is run once, by whoever is free."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serve.living import ROOT
from tools.stages.tally import tally

pytestmark = pytest.mark.process

FILES = {
    "pytest.ini": "[pytest]\ntestpaths = tests\n",
    "tests/conftest.py": "import pytest\nSET_UP = []\n@pytest.fixture(autouse=True)\n"
    "def around(request): SET_UP.append(request.node.name)\n"
    "def pytest_runtest_call(item): assert item.name in SET_UP\n",
    "tests/test_1.py": "import pathlib, time\n"
    "def test_waits_for_what_the_other_process_does():\n"
    "    end = time.monotonic() + 250\n"
    "    while not pathlib.Path('done').exists() and time.monotonic() < end: time.sleep(0.01)\n"
    "    assert pathlib.Path('done').exists()\n",
    "tests/inner/test_2.py": "import pytest\n"
    "@pytest.mark.timeout(99)\ndef test_is_left_out(): assert 0\n"
    "@pytest.mark.skip(reason='why')\ndef test_is_skipped(): pass\n",
    "tests/test_3.py": "raise OSError('cannot be imported')\n",
    "tests/test_4.py": "import pathlib\ndef test_is_the_last(): pathlib.Path('done').touch()\n"
    "def test_fails(): assert 0\n",
}
PYTEST = (sys.executable, "-m", "pytest", "-p", "tools.stages.share", "-p", "no:cacheprovider")


def shared(folder: Path, processes: int) -> list[tuple[int, Path, str]]:
    """Give the exit code of each process, its results, and what it said."""
    (folder / "files").mkdir()
    started = []
    for number in range(processes):
        results = folder / f"{number}.xml"
        words = ("-m", "not timeout", f"--share={folder / 'files'}", f"--junitxml={results}")
        process = subprocess.Popen(
            [*PYTEST, *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append((process, results))
    said = [process.communicate()[0] for process, _ in started]
    return [
        (process.returncode, results, text)
        for (process, results), text in zip(started, said, strict=True)
    ]


def test_each_file_is_run_once_by_whoever_is_free(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    ended = shared(tmp_path, 2)
    counts = [tally(results) for _, results, _ in ended]
    said = "".join(text for _, _, text in ended)

    assert sum(passed for passed, _, _ in counts) == 2, said
    assert sum(failed for _, failed, _ in counts) == 2, said
    assert [dict(skipped) for _, _, skipped in counts if skipped] == [{"why": 1}]
    assert "cannot be imported" in said
    assert sorted(code for code, _, _ in ended) == [0, 1], said


def test_whoever_finds_nothing_left_has_not_failed(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_1.py").write_text("def test_passes(): pass\n")
    ended = shared(tmp_path, 3)

    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    assert sum(tally(results)[0] for _, results, _ in ended) == 1
