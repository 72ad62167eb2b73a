"""The measure itself: which faults are made, what tests see of them, and nothing is left over."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.mutants.copies import copied, mend, put
from tools.mutants.judge import Outcome, outcome
from tools.mutants.mutations import Mutant, mutants
from tools.mutants.reach import Reach
from tools.mutants.rooms import rooms

ROOT = Path(__file__).resolve().parents[2]


def changes(text: str) -> set[tuple[str, str]]:
    return {(one.before, one.after) for one in mutants("m.py", text)}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("x = a < b", ("a < b", "(a <= b)")),
        ("x = a >= b", ("a >= b", "(a > b)")),
        ("x = a == b", ("a == b", "(a != b)")),
        ("x = a is None", ("a is None", "(a is not None)")),
        ("x = a in b", ("a in b", "(a not in b)")),
        ("x = a and b", ("a and b", "((a) or (b))")),
        ("x = not a", ("not a", "(a)")),
        ("x = a + b", ("a + b", "((a) - (b))")),
        ("LIMIT = 0.6", ("0.6", "1.6")),
        ("LIMIT = 16", ("16", "17")),
        ("x = True", ("True", "False")),
        ("if a:\n    b()", ("a", "False")),
        ("def f():\n    return a", ("a", "None")),
        ("f()", ("f()", "pass")),
        ("for a in b:\n    continue", ("continue", "break")),
        ("raise E", ("raise E", "pass")),
        ("x = [a for a in b if c]", ("c", "True")),
        ("def f(a=1):\n    pass", ("1", "2")),
    ],
)
def test_a_fault_of_each_kind_is_made(text: str, change: tuple[str, str]) -> None:
    assert change in changes(text)


@pytest.mark.parametrize(
    "text",
    [
        '"""What it is for: 1 < 2."""',
        'def f():\n    """As above."""',
        "x: Literal[1]",
        "if TYPE_CHECKING:\n    x = 1",
        'x = "a" + b',
        "return_nothing = None",
    ],
)
def test_texts_and_types_are_left_alone(text: str) -> None:
    assert changes(text) == set()


def test_a_fault_stands_where_it_says_and_nowhere_else() -> None:
    text = "é = 'ä'\nx = (1 < 2)\ny = 1 < 2\n"

    for one in mutants("m.py", text):
        lines = one.of(text).splitlines()
        assert [n for n, line in enumerate(text.splitlines(), 1) if line != lines[n - 1]] == [
            one.line
        ]
    assert {one.line for one in mutants("m.py", text)} == {2, 3}
    assert str(mutants("m.py", "x = 1\n")[0]) == "m.py:1: `1` -> `2`"


def test_the_lines_of_a_test_decide_which_tests_judge() -> None:
    reach = Reach(
        {"slow": 2.0, "quick": 0.5, "other": 1.0}, {"m.py": {3: ["slow", "quick"], 9: ["other"]}}
    )

    assert reach.tests("m.py", 3) == ["quick", "slow"]
    assert reach.tests("m.py", 1) == ["quick", "other", "slow"], "run on import: any of the file"
    assert reach.tests("else.py", 1) == ["quick", "other", "slow"], "and any of the room"
    assert reach.cost(["quick", "slow"]) == 2.5
    assert Reach.from_json(reach.to_json()) == reach


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (0, Outcome.SURVIVED),
        (1 << 8, Outcome.KILLED),
        (2 << 8, Outcome.KILLED),
        (signal.SIGXCPU, Outcome.ENDLESS),
        (signal.SIGSEGV, Outcome.KILLED),
    ],
)
def test_how_a_child_ends_says_what_became_of_the_mutant(status: int, what: Outcome) -> None:
    assert outcome(status) is what


def test_the_rooms_cover_what_they_name() -> None:
    found = {room.name: room for room in rooms(ROOT)}

    assert list(found) == ["compile", "diff", "plan", "check"]
    assert all(room.files for room in found.values())
    assert not set(found["diff"].files) & set(found["plan"].files)
    assert "deployer/plan/diff.py" in found["diff"].files
    assert all((ROOT / test).is_dir() for r in found.values() for test in r.tests if "/" in test)


@pytest.mark.process
def test_a_small_project_is_measured_and_stays_as_it_is(tmp_path: Path) -> None:
    """The whole program, on a room with a boundary that a test sees and a line that none does."""
    files = {
        "deployer/compile/size.py": (
            "def big(n: int) -> bool:\n    return n > 10\n\n\n"
            "def turn(n: int) -> int:\n    while n < 3:\n        n = n + 1\n    return n\n\n\n"
            "def unseen(n: int) -> int:\n    return n - 1\n"
        ),
        "tests/compile/test_size.py": (
            "from deployer.compile.size import big, turn\n\n\n"
            "def test_big() -> None:\n    assert big(11)\n    assert not big(10)\n\n\n"
            "def test_turn() -> None:\n    assert turn(0) == 3\n    assert turn(7) == 7\n"
        ),
        "pytest.ini": "[pytest]\nmarkers =\n    engine\n    wheels\n    process\n",
    }
    for name in ("deployer", "deployer/compile", "tests", "tests/compile"):
        files[f"{name}/__init__.py"] = ""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)

    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "tests/tools/measure.py"),
            "compile",
            "--sample",
            "0",
            "--floor",
            "2",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "survived deployer/compile/size.py:12: `n - 1` -> `((n) + (1))`" in done.stdout
    assert "size.py:2: `n > 10`" not in done.stdout
    assert "endless deployer/compile/size.py:7: `n + 1` -> `((n) - (1))`" in done.stdout
    assert {n: (tmp_path / n).read_text(encoding="utf-8") for n in files} == files
    assert {p.name for p in tmp_path.iterdir()} == {"deployer", "tests", "pytest.ini", ".git"}


@pytest.mark.process
def test_a_copy_is_mended(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "m.py").write_text("x = 1\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path / "from", check=True)
    copy = copied(tmp_path / "from", tmp_path / "to")
    one = Mutant("m.py", 1, "1", "2", 4, 5)

    before = put(copy, one)

    assert (copy / "m.py").read_text(encoding="utf-8") == "x = 2\n"
    assert (tmp_path / "from" / "m.py").read_text(encoding="utf-8") == "x = 1\n"
    mend(copy, one, before)
    assert (copy / "m.py").read_text(encoding="utf-8") == "x = 1\n"
