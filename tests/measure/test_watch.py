"""What the engine's metrics tell while a load runs."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

import pytest

from deployer.errors import NotReached
from deployer.exposition import read
from deployer.measure.reading import Told
from deployer.measure.watch import Watch
from deployer.observe.reading import Look


def looks(*texts: str) -> Callable[[], Look]:
    left = list(texts)

    def look() -> Look:
        text = left.pop(0)
        if not text:
            message = "nobody answers"
            raise NotReached(message)
        return Look(0.0, read(text))

    return look


def told(prompts: int, cached: int, made: int, accepted: float) -> str:
    return (
        f"sglang:prompt_tokens_total {prompts}\nsglang:cached_tokens_total {cached}\n"
        f"sglang:generation_tokens_total {made}\nsglang:spec_accept_length {accepted}\n"
    )


def test_counters_are_told_by_what_they_grew_and_gauges_while_they_say_something() -> None:
    with Watch(looks(told(100, 10, 50, 0.0), told(300, 60, 90, 2.5)), every=3600) as watch:
        pass
    assert watch.told() == Told(accept_length=2.5, cached=0.25, generated=40)


@pytest.mark.parametrize(
    "texts",
    [
        (told(100, 10, 50, 0.0), ""),
        ("", ""),
        (told(100, 10, 50, 0.0), told(1, 0, 1, 0.0)),
        ("a 1\n", "a 1\n"),
    ],
    ids=["no second look", "nobody", "set back", "other metrics"],
)
def test_what_is_not_told_is_nothing(texts: tuple[str, str]) -> None:
    with Watch(looks(*texts), every=3600) as watch:
        pass
    assert watch.told() == Told()


def test_a_look_amid_the_load_does_not_stand_for_one_before_it() -> None:
    asked, again = itertools.count(), threading.Event()

    def look() -> Look:
        if (at := next(asked)) == 0:
            message = "nobody answers"
            raise NotReached(message)
        again.set()
        return Look(0.0, read(told(at * 100, at, at, 2.5)))

    with Watch(look, every=0.001) as watch:
        again.wait()
    assert watch.told() == Told(accept_length=2.5)


def test_without_metrics_nobody_is_asked() -> None:
    with Watch(None) as watch:
        pass
    assert watch.told() == Told()
