"""`--select` and `--ignore`: ids, patterns, lists of them, and what is none."""

from __future__ import annotations

import pytest

from deployer.check.choice import UnknownCheckError, chosen
from deployer.check.pages import choosable, known

KNOWN = ("gpus-unused", "startup-near-load", "startup-unbounded", "unknown-flag")


def test_nothing_asked_for_is_everything() -> None:
    assert chosen((), (), KNOWN) is None
    assert chosen((" ,",), ("",), KNOWN) is None


@pytest.mark.parametrize(
    ("select", "ignore", "kept"),
    [
        (("gpus-unused",), (), {"gpus-unused"}),
        (("gpus-unused,unknown-flag",), (), {"gpus-unused", "unknown-flag"}),
        (("gpus-unused", "unknown-flag"), (), {"gpus-unused", "unknown-flag"}),
        (("startup-*",), (), {"startup-near-load", "startup-unbounded"}),
        (("startup-*",), ("startup-near-load",), {"startup-unbounded"}),
        ((), ("startup-*", "gpus-unused"), {"unknown-flag"}),
        (("*",), ("*",), set()),
    ],
)
def test_what_remains(select: tuple[str, ...], ignore: tuple[str, ...], kept: set[str]) -> None:
    assert chosen(select, ignore, KNOWN) == frozenset(kept)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("gpu-unused", ("gpus-unused",)),
        ("strtup-*", ()),
        ("nothing-like-it", ()),
    ],
)
def test_what_is_no_check_is_refused_with_near_names(wrong: str, near: tuple[str, ...]) -> None:
    with pytest.raises(UnknownCheckError) as refused:
        chosen((), (wrong,), KNOWN)
    assert (refused.value.wrong, refused.value.near) == (wrong, near)


def test_what_keeps_a_profile_from_being_read_cannot_be_chosen() -> None:
    assert "yaml-boolean" in known()
    assert "yaml-boolean" not in choosable()
    assert {"wrong-type", "repeated-flag", "allow-unused", "gpus-unused"} <= set(choosable())
