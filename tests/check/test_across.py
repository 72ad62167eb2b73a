"""What two profiles do to each other, said as it is for the targets that they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.check.across.identity import siblings
from deployer.check.run import load_checked

LOCAL = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
MODAL = Path("profiles/b200-fp8-eagle.yaml").read_text(encoding="utf-8").replace(
    "name: b200-fp8-eagle", "name: cpu-tiny"
)  # fmt: skip

ENDS = "applying either ends the server of the other"
UNCLEAR = "a verb that is given the name cannot tell which is meant"


@pytest.mark.parametrize(
    ("own", "other", "happens"),
    [
        (LOCAL, LOCAL, ENDS),
        (LOCAL, MODAL, UNCLEAR),
        (MODAL, LOCAL, UNCLEAR),
        (MODAL, MODAL, UNCLEAR),
    ],
    ids=["both here", "the other on Modal", "this on Modal", "both on Modal"],
)
def test_one_name_for_two_ends_a_server_only_where_both_are_here(
    own: str, other: str, happens: str
) -> None:
    kept = frozenset({"name-taken-twice"})
    _, found = load_checked(own, "own.yaml", kept, siblings=siblings({"other.yaml": other}))

    assert [one.message for one in found] == [
        f"`cpu-tiny` is the name of other.yaml, too: {happens}"
    ]
