"""Which version a rollback goes back to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.apply.modal.history import Version, choose
from deployer.errors import UsageError


def version(number: int, digest: str, *, current: bool = False, rollback_of: int = 0) -> Version:
    return Version(
        number=number,
        digest=digest,
        when=0.0,
        who="ana",
        commit="",
        dirty=False,
        rollback_of=rollback_of,
        current=current,
        release=None,
    )


HISTORY = (
    version(5, "newer"),
    version(4, "b", current=True),
    version(3, "b"),
    version(2, "a"),
    version(1, "first"),
)


def test_by_itself_it_is_the_newest_older_one_with_another_release() -> None:
    assert choose(HISTORY).number == 2


def test_a_number_is_that_version_older_or_newer() -> None:
    assert choose(HISTORY, "1").number == 1
    assert choose(HISTORY, "3").number == 3
    assert choose(HISTORY, "5").number == 5


def test_a_version_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"^there is no version 9$") as caught:
        choose(HISTORY, "9")
    assert caught.value.hint == "the versions are 5, 4, 3, 2, 1; `deployer history` shows them"


def test_the_current_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^version 4 is the current one$"):
        choose(HISTORY, "4")


@pytest.mark.parametrize("history", [HISTORY[1:3], HISTORY[1:2], HISTORY[:2]])
def test_without_an_older_one_there_is_nothing_to_go_back_to(history: tuple[Version, ...]) -> None:
    with pytest.raises(
        UsageError, match=r"^there is no older version than 4 with another release$"
    ):
        choose(history)


@pytest.mark.parametrize("history", [(), (version(1, "a"), version(2, "b"))])
def test_without_a_current_one_there_is_nothing_to_go_back_from(
    history: tuple[Version, ...],
) -> None:
    with pytest.raises(UsageError, match="no version is current"):
        choose(history)


BACK = (
    version(4, "good", current=True, rollback_of=2),
    version(3, "bad"),
    version(2, "good"),
    version(1, "first"),
)


def test_a_rollback_that_is_repeated_never_undoes_itself() -> None:
    assert choose(BACK).digest == "first"
    words = "no older version than 2 with another release, and version 4 has gone back to that one"
    with pytest.raises(UsageError, match=words):
        choose(BACK[:3])


def test_a_digest_is_its_release_and_may_be_current_already() -> None:
    named = tuple(replace(each, digest=each.digest * 10) for each in BACK)
    assert choose(named, "goodgood").number == 4
    assert choose(named, "badbadba").number == 3
    with pytest.raises(UsageError, match="no version has a release `nonesuch`"):
        choose(named, "nonesuch")
    alike = (*named, version(-1, "goodgood-or-not"))
    with pytest.raises(UsageError, match="`goodgood` is the beginning of 2 releases"):
        choose(alike, "goodgood")
