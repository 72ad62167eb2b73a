"""The threat page is true of the tests: each attack in it has one that plays the attacker."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
HEADER = ["attack", "what guards", "what it does not guard", "tests"]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(page: str) -> list[list[str]]:
    """Give the cells of each row of the page's tables of attacks."""
    found: list[list[str]] = []
    inside = False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells == HEADER:
            inside = True
        elif inside and not set(line) <= set("|-"):
            found.append(cells)
    return found


@cache
def defined_in(file: Path) -> set[str]:
    """Give the names of the tests that a file defines, in classes too."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def untested(page: str) -> list[str]:
    """Give what is wrong with the page's rows."""
    wrong = []
    for cells in rows(page):
        attack = cells[0]
        if len(cells) != len(HEADER):
            wrong.append(f"{attack}: {len(cells)} cells")
            continue
        named = NAMED.findall(cells[-1])
        if not named:
            wrong.append(f"{attack}: no test plays it")
        for path, name in named:
            if not (ROOT / path).is_file() or name not in defined_in(ROOT / path):
                wrong.append(f"{attack}: there is no {path}::{name}")
    return wrong


def test_each_attack_is_played_by_a_test_that_exists() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert rows(page)
    assert untested(page) == []


def test_a_row_without_a_test_or_with_one_that_is_gone_is_found() -> None:
    table = "| attack | what guards | what it does not guard | tests |\n|---|---|---|---|\n"
    here = (
        "`tests/test_security_page.py::test_a_row_without_a_test_or_with_one_that_is_gone_is_found`"
    )

    assert untested(f"{table}| a | b | c | {here} |\n") == []
    assert untested(f"{table}| a | b | c | none |\n") == ["a: no test plays it"]
    assert untested(f"{table}| a | b | c | `tests/test_gone.py::test_x` |\n") == [
        "a: there is no tests/test_gone.py::test_x"
    ]
    assert untested(f"{table}| a | b | {here} |\n") == ["a: 3 cells"]
