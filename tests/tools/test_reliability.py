"""The page of faults has what the matrix has; its seconds are those of some run."""

from __future__ import annotations

from tests.serve.faults import FAULTS
from tools.reliability import PAGE, key, page, stale


def test_the_page_is_fresh() -> None:
    assert stale(PAGE.read_text(encoding="utf-8")) == ""


def test_seconds_are_no_matter_and_everything_else_is() -> None:
    rows = [f"{key(fault)} 1.25 | 33.50 |" for fault in FAULTS]
    assert stale(page(rows)) == ""
    assert stale(page(rows[1:]))
    assert stale(page([*rows[:-1], rows[-1].replace(FAULTS[-1].ends, "somehow")]))
    assert stale(page(rows).replace("hung", "well"))
