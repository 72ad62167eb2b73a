"""No verb says that all is well where it has not looked, could not look, or was not heard."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from deployer.cli.main import VERBS, main
from tests.verbs.cells import COLUMNS, MAY_BE_FINE, ON_STDOUT, Cell, Without
from tests.verbs.table import FURTHER, TABLE

CELLS = [
    *(
        pytest.param(column, cell, id=f"{verb}, {column}")
        for verb, row in TABLE.items()
        for column, cell in row.items()
        if isinstance(cell, Cell)
    ),
    *(pytest.param(column, cell, id=f"{cell.words}, {column}") for column, cell in FURTHER),
]


@pytest.mark.parametrize(("column", "cell"), CELLS)
def test_the_table(column: str, cell: Cell, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with COLUMNS[column](here):
        code = main(shlex.split(cell.words))
    ran = capsys.readouterr()
    errors = [line for line in ran.err.splitlines() if line.startswith("error: ")]

    assert code == cell.code, ran.err
    assert "Traceback" not in ran.err
    if column == "json":
        value = json.loads(ran.out)
        keys = cell.says.split()
        wanted = ["format_version", "error"] if keys == ["error"] else keys
        assert list(value)[: len(wanted)] == wanted
        assert bool(errors) == ("error" in keys)
    elif cell.code in {0, 141} or cell.says.startswith(ON_STDOUT):
        assert errors == []
        assert ran.out.startswith(cell.says.removeprefix(ON_STDOUT))
    else:
        places = {
            "STATE": Path(os.environ["XDG_STATE_HOME"]) / "deployer",
            "DATA": here / "data/deployer",
            "HERE": here,
        }
        says = re.sub("STATE|DATA|HERE", lambda found: str(places[found[0]]), cell.says)
        assert errors == [f"error: {says}"]
        assert ran.out == ""


def test_every_verb_has_its_row_and_every_row_its_cells() -> None:
    assert list(TABLE) == list(VERBS)
    assert {verb: sorted(row) for verb, row in TABLE.items()} == dict.fromkeys(
        TABLE, sorted(COLUMNS)
    )


def test_none_says_that_all_is_well() -> None:
    fine = {
        (verb, column)
        for verb, row in TABLE.items()
        for column, cell in row.items()
        if isinstance(cell, Cell) and cell.code == 0
    } | {(cell.words, column) for column, cell in FURTHER if cell.code == 0}

    assert {column for _, column in fine} <= MAY_BE_FINE


def test_what_is_left_out_has_its_reason() -> None:
    left = [cell for row in TABLE.values() for cell in row.values() if isinstance(cell, Without)]

    assert all(cell.because for cell in left)
    assert len(left) < len(CELLS) / 2
