"""The shares of a download: how many containers, and one line for all of them."""

from __future__ import annotations

import pytest

from deployer.apply.modal.shares import Share, Together
from deployer.cli.reading import read_release
from deployer.event import Event
from deployer.plan.writers import containers
from deployer.serve.lines import arrived_of, record_line
from deployer.serve.weights import progress
from deployer.serve.weights.arrived import Arrived

FOLDER = "/models/m"
GB = 10**9


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here time is made up, and so what it is measured by stays in every condition."""
    monkeypatch.setattr(progress, "EVERY", 2.0)


def shares(*there: int) -> tuple[Share, ...]:
    return tuple(
        Share(0, FOLDER, f"{number}.safetensors", 10 * GB, each)
        for number, each in enumerate(there)
    )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_line_says_how_far_all_containers_are() -> None:
    told: list[Event] = []
    clock = Clock()
    together = Together(shares(10 * GB, 0, 0), told.append, clock)
    for seconds in (2.0, 4.0):
        clock.now = seconds
        for path in ("1.safetensors", "2.safetensors"):
            together.hear(Arrived(FOLDER, path, int(seconds * GB)))
        together.tick()
    assert told[-1].message.startswith("18.0 of 30.0 GB, 0 of 3 files, 2.0 GB/s, about 6 s left")
    together.hear(Arrived(FOLDER, "1.safetensors", GB))  # its container was lost
    clock.now = 6.0
    together.tick()
    assert told[-1].message.startswith("15.0 of 30.0 GB")
    for path in ("0.safetensors", "1.safetensors", "2.safetensors", "another"):
        assert not together.complete
        together.hear(Arrived(FOLDER, path, 10 * GB, proven=True))
        together.hear(Arrived(FOLDER, path, 10 * GB, proven=True))
        if path == "2.safetensors":
            break
    assert together.complete
    clock.now = 8.0
    together.tick()
    assert told[-1].message.startswith("30.0 of 30.0 GB, 3 of 3 files")


def test_what_holds_a_container_up_is_in_the_line() -> None:
    told: list[Event] = []
    clock = Clock()
    together = Together(shares(0), told.append, clock)
    clock.now = 2.0
    together.hear(Arrived(FOLDER, "0.safetensors", GB, trouble="waiting because the hub is slow"))
    together.tick()
    assert told[-1].message.endswith("waiting because the hub is slow")


def test_what_a_container_tells_is_read_from_its_log() -> None:
    said = Arrived(FOLDER, "a\u2028b.safetensors", 5, proven=True)
    line = record_line(Event(0.0, "weights", "progress", "x", record=said.to_json()))
    assert arrived_of(line) == said
    assert arrived_of("deployer: record {}") is None
    assert arrived_of("weights") is None


@pytest.mark.parametrize(
    ("version", "stated", "size", "found"),
    [
        (None, None, 5 * GB, 1),
        (1, None, 60 * GB, 3),
        (None, None, 756 * GB, 4),
        (2, None, 756 * GB, 31),
        (2, None, 2000 * GB, 32),
        (2, 7, 756 * GB, 7),
        (1, 1, 756 * GB, 1),
        (1, None, 0, 1),
    ],
)
def test_the_containers_follow_from_the_size_and_from_what_the_volume_bears(
    version: int | None, stated: int | None, size: int, found: int
) -> None:
    from dataclasses import replace  # noqa: PLC0415 - its one use

    modal = read_release("profiles/b200-fp8-eagle.yaml").modal
    assert modal is not None
    weights = replace(modal.weights, version=version or 0)
    modal = replace(modal, weights=weights, download_containers=stated)
    assert containers(modal, size) == found
