"""A download that is killed goes on from its bytes, and ends complete and proven."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.serve.weights.space import amount
from deployer.serve.weights.verify import verify
from tests.fakes.hub.model import model_files
from tests.fakes.hub.server import COMMIT, PIECE, FakeHub
from tests.volume import THOROUGH

from .living import CANARY, Story

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

SCRIPT = Path(__file__).with_name("download_once.py")
KILLS = 10
WORKERS = 2
IN_FLIGHT = 8192 + 2 * 65536
"""Bytes a worker may lose when killed: a piece, and what lies in the sockets of both sides (40 to
80 kB on Linux 6.18, over 8 seeds)."""


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(model_files(shards=5, size=1_500_000)).serving() as hub:
        hub.step = PIECE
        yield hub


def start(story: Story, *more: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, **story.hub.environ, "HF_TOKEN": CANARY}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(story.folder), COMMIT, *more],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    out, _ = process.communicate(timeout=250)
    text = out.decode()
    assert CANARY not in text
    return process.returncode, text


@pytest.mark.parametrize("seed", [4, 5] if THOROUGH else [4])
def test_ten_kills_at_random_bytes_end_complete_with_little_fetched_twice(
    story: Story, seed: int
) -> None:
    hub = story.hub
    hub.token = CANARY
    total = sum(len(hub.files[path]) for path in story.wanted())
    chance = random.Random(seed)  # noqa: S311 - the same points every time
    points = sorted(chance.sample(range(1, total), KILLS))
    for point in points:
        with hub.lock:
            process = start(story)
            hub.at_bytes = (point, process.kill)
        returncode, _ = ended(process)
        assert returncode == -9
        assert not story.marker.exists()
        assert verify(story.model) != ()
    returncode, said = ended(start(story))
    assert returncode == 0, said
    story.assert_complete()
    assert hub.bytes_sent <= total + KILLS * WORKERS * IN_FLIGHT
    # A piece is fetched again only if a kill met it on its way; two kills seldom meet one piece.
    twice = sum(1 for times in hub.sent.values() if times > 1)
    assert twice <= KILLS * WORKERS * (IN_FLIGHT // PIECE + 1)
    assert hub.sent.most_common(1)[0][1] <= KILLS // 2 + 1
    assert CANARY.encode() not in story.everything_written()


def test_every_fetch_after_a_kill_goes_on_from_what_is_there(story: Story) -> None:
    hub = story.hub
    size = sum(map(len, hub.files.values()))
    with hub.lock:
        process = start_open(story)
        hub.at_bytes = (size // 2, process.kill)
    assert ended(process)[0] == -9
    parts = {p.name.rpartition(".")[0]: p.stat().st_size for p in story.folder.rglob("parts/*")}
    assert parts
    hub.calls.clear()
    assert ended(start_open(story))[0] == 0
    for call in hub.calls:
        if call.server == "storage":
            assert call.start == parts.get(call.path, 0)
    story.assert_complete()


@pytest.mark.parametrize(("die_in", "complete"), [("1", False), ("2", True)])
def test_a_kill_in_a_commit_costs_no_byte(
    story: Story, monkeypatch: pytest.MonkeyPatch, die_in: str, *, complete: bool
) -> None:
    monkeypatch.setenv("DIE_IN", die_in)
    assert ended(start_open(story))[0] == -9
    assert story.marker.exists() is complete
    assert (verify(story.model) == ()) is complete
    monkeypatch.delenv("DIE_IN")
    sent = story.hub.bytes_sent
    assert ended(start_open(story))[0] == 0
    story.assert_complete()
    assert story.hub.bytes_sent == sent


def test_a_disk_that_is_full_ends_it_at_once_and_spoils_nothing(story: Story) -> None:
    returncode, said = ended(start_open(story, "700000"))
    assert returncode == 1
    last = json.loads(said.splitlines()[-1])
    assert last["state"] == "failed"
    assert last["message"].startswith(f"the disk under {story.folder} is full: ")
    assert "stands in the way" in last["message"]
    left = sum(len(story.hub.files[path]) for path in story.wanted()) - there(story)
    assert f" is full: {amount(left)} are still to be written" in last["message"]
    assert "Traceback" not in said
    assert not story.marker.exists()
    kept = sum(p.stat().st_size for p in story.folder.rglob("parts/*"))
    assert kept >= 700_000
    sent = story.hub.bytes_sent
    assert ended(start_open(story))[0] == 0
    story.assert_complete()
    assert story.hub.bytes_sent - sent <= sum(map(len, story.hub.files.values())) - kept


def there(story: Story) -> int:
    """Give the bytes of the model that lie in the folder, whole files and parts."""
    whole = sum(path.stat().st_size for path in story.folder.glob("*.*") if path.is_file())
    return whole + sum(path.stat().st_size for path in story.folder.rglob("parts/*"))


def start_open(story: Story, *more: str) -> subprocess.Popen[bytes]:
    """Start it against a hub that wants no other token than the one that is shown."""
    story.hub.token = CANARY
    return start(story, *more)
