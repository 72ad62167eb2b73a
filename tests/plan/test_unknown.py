"""What nobody knows is said to be unknown, and nothing is reckoned with it; and cuts are exact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.facts.prices import SHIPPED
from deployer.plan.cost import download
from deployer.plan.diff import diff
from deployer.plan.effects import Effect
from deployer.plan.meaning import LONGEST, _first
from deployer.release import Release

from .standings import BASE, modal

UNPRICED = replace(BASE, hardware=replace(BASE.hardware, gpu="X9"))


def longer(release: Release, **parts: object) -> Release:
    assert release.modal is not None
    return replace(release, modal=replace(release.modal, **parts))  # type: ignore[arg-type]


@pytest.mark.parametrize("parts", [{"scaledown_window": 1234}, {"max_containers": 7}])
def test_money_that_cannot_be_reckoned_is_told_without_an_amount(parts: dict[str, object]) -> None:
    known = diff(BASE, longer(BASE, **parts))
    unknown = diff(UNPRICED, longer(UNPRICED, **parts))

    for found, priced in ((known, True), (unknown, False)):
        money = [
            one
            for explained in found.changes
            for one in explained.consequences
            if one.effect is Effect.MONEY
        ]
        assert money
        assert all(bool(one.amount) is priced for one in money)
        assert all(("the price of X9 is not among" in one.reason) is not priced for one in money)


def test_a_download_of_what_nobody_has_weighed_is_of_the_weights() -> None:
    stranger = replace(BASE, model=replace(BASE.model, repo="a/stranger"))

    assert download(modal(BASE), stranger, SHIPPED).basis.startswith("downloads the weights on")
    assert download(modal(BASE), BASE, SHIPPED).basis.startswith("downloads 704.2 GiB on")


@pytest.mark.parametrize("more", [0, 1])
def test_a_sentence_is_cut_only_where_it_is_too_long(more: int) -> None:
    sentence = "a" * (LONGEST + more)

    assert _first(f"{sentence}. Another.") == (sentence if not more else "a" * (LONGEST - 1) + "…")
