"""Shards by the real hf_xet from a Xet storage of our own, and what goes on where it does not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from deployer.facts.modal import images
from deployer.serve.weights import progress
from deployer.serve.weights.arrived import Arrived
from deployer.serve.weights.clients import LIBRARY, RANGES, XET
from tests.fakes.hub import xet
from tests.fakes.hub.model import model_files, shard_name
from tests.fakes.hub.server import CHUNKS, PIECE, PLAN, TOKENS, FakeHub, Fault

from .living import CANARY, Story
from .test_share import WIDE, fetch, start, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.process

SHARD = shard_name(1, 3)
SHARDS = [shard_name(number, 3) for number in (1, 2, 3)]
OVER = 100_000
"""Bytes that one answer holds here; each shard has more."""


@pytest.fixture
def story(story: Story) -> Story:
    story.hub.xet = xet.Storage()
    story.hub.token = CANARY
    story.environ["HF_TOKEN"] = CANARY
    story.pace = replace(story.pace, one_answer=OVER, span=20_000)
    return story


def asked(story: Story, server: str) -> list[str]:
    """Give the files that were asked for at a server, each as often as it was."""
    calls = (call for call in story.hub.calls if call.server == server and call.method == "GET")
    return [call.path for call in calls if call.path]


def test_a_shard_comes_by_xet_and_is_proven(story: Story) -> None:
    fetch(story, XET)
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    assert story.marked == [True]
    size = len(story.hub.files[SHARD])
    assert told(story)[-1] == Arrived(str(story.folder), SHARD, size, proven=True)
    assert asked(story, "storage") == []
    assert set(asked(story, "xet")) == {SHARD}
    given = {call.authorization for call in story.hub.calls if call.server == "xet"}
    assert given == {"", f"Bearer {xet.TOKEN}"}
    assert CANARY.encode() not in story.everything_written()
    assert not any(path.name.endswith(".xet") for path in story.folder.rglob("*"))
    story.hub.calls.clear()
    fetch(story, XET)
    assert story.hub.calls == []


def test_how_far_a_shard_is_is_told_while_it_comes(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    story.hub.faults.append(Fault(f"body:{CHUNKS}/{SHARD}/1", slow=1.0))
    fetch(story, XET)
    size = len(story.hub.files[SHARD])
    assert any(0 < said.bytes < size for said in told(story))
    assert max(said.bytes for said in told(story)) == size


def test_a_shard_that_is_not_in_xet_comes_in_spans(story: Story) -> None:
    story.hub.xet = None
    fetch(story, XET)
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    assert set(asked(story, "storage")) == {SHARD}
    assert "Xet" not in story.said()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(f"body:{CHUNKS}/*", flip=True), "Xet brought wrong bytes"),
        (Fault(PLAN, status=401, at_storage=True), "huggingface_hub failed (RuntimeError)"),
        (Fault(PLAN, times=2, status=404, at_storage=True), "huggingface_hub failed"),
        (Fault(f"{CHUNKS}/*", status=404, at_storage=True), "huggingface_hub failed"),
        (Fault(TOKENS, status=403), "huggingface_hub failed"),
    ],
    ids=["wrong bytes", "token refused", "no plan", "no xorb", "no token"],
)
def test_what_xet_does_not_bring_comes_in_spans(
    story: Story,
    fault: Fault,
    said: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    story.hub.faults.append(fault)
    fetch(story, XET)
    assert fault.times == 0
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    assert story.marked == [True]
    assert set(asked(story, "storage")) == {SHARD}
    assert f"{SHARD}: {said}" in story.said()
    assert "going on without Xet" in story.said()
    assert told(story)[-1].proven
    assert max(each.bytes for each in told(story)) == len(story.hub.files[SHARD])
    everything = story.said() + "".join(capfd.readouterr())
    assert "signed-pass" not in everything
    assert CANARY not in everything
    assert xet.TOKEN not in everything
    assert not any(path.name.endswith(".xet") for path in story.folder.rglob("*"))


def test_the_token_is_shown_to_the_hub_alone(story: Story) -> None:
    with FakeHub(story.hub.files).serving() as another:
        story.hub.xet = xet.Storage(tokens=another.endpoint)
        fetch(story, XET)
        assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
        assert another.calls == []
    assert asked(story, "xet") == []


@pytest.mark.parametrize(
    "fault",
    [Fault(f"{CHUNKS}/*", status=503, at_storage=True), Fault(f"body:{CHUNKS}/*", cut=9_000)],
    ids=["broken", "cut"],
)
def test_what_hf_xet_gets_past_by_itself_is_left_to_it(story: Story, fault: Fault) -> None:
    story.hub.faults.append(fault)
    fetch(story, XET)
    assert fault.times == 0
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    assert asked(story, "storage") == []


def test_where_xet_stalls_it_is_ended_and_the_shard_comes_in_spans(story: Story) -> None:
    silent = threading.Event()
    story.hub.silent = silent
    xorbs = len(xet.stored(story.hub.files[SHARD]).xorbs)
    try:
        fetch(story, XET, pace=replace(WIDE, read_timeout=1.0, tick=0.02))
        within_a_minute(lambda: story.hub.hung_up["xet"] == xorbs)
    finally:
        silent.set()
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    assert "huggingface_hub brought nothing for 1 s; going on without Xet" in story.said()


def within_a_minute(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(600):
        if so():
            return
        time.sleep(0.1)
    raise AssertionError


def test_a_shard_that_no_answer_can_hold_comes_by_xet_with_the_hubs_client(story: Story) -> None:
    story.hub.one_answer = OVER
    fetch(story, LIBRARY, pace=replace(WIDE, one_answer=OVER))
    assert set(asked(story, "xet")) == {SHARD}
    assert asked(story, "storage") == []
    story.hub.calls.clear()
    fetch(story, LIBRARY, SHARDS[1])
    assert asked(story, "xet") == []


def test_a_shard_that_no_answer_can_hold_comes_in_spans_where_xet_does_not_bring_it(
    story: Story,
) -> None:
    story.hub.one_answer = OVER
    story.hub.faults.append(Fault(PLAN, times=99, status=401, at_storage=True))
    fetch(story, LIBRARY, pace=replace(WIDE, one_answer=OVER))
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]


def test_a_shard_that_neither_xet_nor_a_range_brings_is_a_failure(story: Story) -> None:
    story.hub.faults += [
        Fault(PLAN, times=99, status=401, at_storage=True),
        Fault(SHARD, times=10_000, status=400, at_storage=True),
    ]
    with pytest.raises(Failure, match=f"fetching {SHARD} failed .* answers 400"):
        fetch(story, LIBRARY, pace=replace(WIDE, one_answer=OVER))
    assert story.marked == []
    assert "going on without Xet" in story.said()


@pytest.mark.parametrize("client", [LIBRARY, XET, RANGES])
def test_one_container_fetches_by_xet_what_is_for_it(story: Story, client: str) -> None:
    story.hub.one_answer = OVER
    story.download(client)
    story.assert_complete()
    assert story.marker.exists()
    by_xet = {RANGES: set(), LIBRARY: set(SHARDS), XET: set(SHARDS)}[client]
    assert set(asked(story, "xet")) == by_xet
    by_http = {path for path in asked(story, "storage") if path.endswith(".safetensors")}
    assert by_http == set(SHARDS) - by_xet


def test_xet_is_at_one_file_at_a_time(story: Story) -> None:
    assert story.pace.workers > 1
    story.hub.faults.append(Fault(f"body:{CHUNKS}/*", times=99, slow=0.05))
    story.download(XET)
    story.assert_complete()
    order = [path for path, _ in groupby(asked(story, "xet"))]
    assert sorted(order) == SHARDS


def test_kills_at_random_bytes_let_a_shard_begin_anew(hub: FakeHub, tmp_path: Path) -> None:
    hub.files = model_files(shards=3, size=600_000)
    hub.xet, hub.token, hub.step = xet.Storage(), CANARY, PIECE
    story = Story(hub, tmp_path / "weights")
    chance, size, kills = random.Random(15), len(hub.files[SHARD]), 2  # noqa: S311 - the same points every time
    for number in range(kills):
        with hub.lock:
            process = start(story, XET)
            hub.at_bytes = (hub.bytes_sent + chance.randrange(1, size), process.kill)
        assert process.wait(120) == -signal.SIGKILL, number
        assert not (story.folder / SHARD).exists()
    assert start(story, XET).wait(120) == 0
    assert (story.folder / SHARD).read_bytes() == hub.files[SHARD]
    assert max(hub.sent.values()) <= kills + 1
    assert {path.split("/")[0] for path, _ in hub.sent} == {CHUNKS}
    assert not any(path.name.endswith(".xet") for path in story.folder.rglob("*"))


def test_a_container_that_is_asked_to_end_does_so_in_the_midst_of_xet(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.xet, hub.token, hub.silent = xet.Storage(), CANARY, threading.Event()
    story = Story(hub, tmp_path / "weights")
    with hub.lock:
        process = start(story, XET)
        hub.at_bytes = (1, lambda: process.send_signal(signal.SIGINT))
    assert process.wait(120) == -signal.SIGINT
    hub.silent.set()
    hub.silent = None
    assert start(story, XET).wait(120) == 0
    assert (story.folder / SHARD).read_bytes() == hub.files[SHARD]
    assert not any(path.name.endswith(".xet") for path in story.folder.rglob("*"))


def test_hf_xet_reads_what_the_image_says() -> None:
    asked = "client.ac_max_download_concurrency", "telemetry.enabled"
    words = f"import hf_xet; print(*map(hf_xet.XetConfig().get, {asked}))"

    def read(**variables: str) -> list[str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        line = subprocess.run(
            [sys.executable, "-c", words], env=bare | variables, check=True, capture_output=True
        )
        return line.stdout.decode().split()

    (by_itself, tells), (connections, told) = read(), read(**images.XET)
    assert int(connections) > int(by_itself)
    assert (tells, told) == ("True", "False")


def test_what_xet_has_failed_to_bring_once_it_is_not_asked_for_again(story: Story) -> None:
    story.hub.faults.append(Fault(PLAN, times=99, status=401, at_storage=True))
    story.pace = replace(story.pace, one_answer=10**9)
    story.download(XET)
    story.assert_complete()
    assert len(set(asked(story, "xet"))) == 1
    assert story.said().count("going on without Xet") == 1
