"""One shard over several connections, by our ranges and by huggingface_hub, in one container."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.errors import Failure
from deployer.serve.weights.arrived import Arrived
from deployer.serve.weights.manifest import SHA256, HubFile, Manifest, read_listing
from deployer.serve.weights.needed import needed
from deployer.serve.weights.pace import Gate, Pace, Stopped
from deployer.serve.weights.progress import Progress
from deployer.serve.weights.share import SMALL_FILES, fetch_share
from deployer.serve.weights.ways import Claim
from deployer.serve.weights.wide import Wide
from tests.fakes.fresh import FRESH
from tests.fakes.hub.model import model_files, shard_name
from tests.fakes.hub.server import COMMIT, PIECE, REPO, FakeHub, Fault

from .living import CANARY, FAST, Story

pytestmark = pytest.mark.process

SHARD = shard_name(1, 3)
SPAN = 20_000
WIDE = replace(FAST, span=SPAN, workers=3)
CLIENTS = pytest.mark.parametrize("client", ["ranges", "hub"])


def manifest(story: Story) -> Manifest:
    listed = read_listing(REPO, story.commit_hash, story.hub.listing())
    return Manifest(listed.repo, listed.commit, needed(listed.files))


def fetch(
    story: Story, client: str, path: str = SHARD, pace: Pace = WIDE, token: str = CANARY
) -> None:
    fetch_share(
        story.model,
        path,
        manifest=manifest(story),
        commit=lambda: story.marked.append((story.folder / path).exists()),
        tell=story.events.append,
        environ=story.hub.environ | {"HF_TOKEN": token},
        pace=pace,
        client=client,
    )


def told(story: Story) -> list[Arrived]:
    return [Arrived.from_json(event.record) for event in story.events if event.record]


@CLIENTS
def test_a_shard_comes_in_spans_and_is_committed_once_it_is_proven(
    story: Story, client: str
) -> None:
    story.hub.token = CANARY
    fetch(story, client)
    size = len(story.hub.files[SHARD])
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    assert story.marked == [True]
    assert told(story)[-1] == Arrived(str(story.folder), SHARD, size, proven=True)
    calls = [call for call in story.hub.calls if call.path == SHARD]
    assert {call.authorization for call in calls if call.server == "storage"} == {""}
    # The hub counts what it is asked: once for the file by huggingface_hub, by each of our
    # connections at most once before it knows the storage.
    asked = sum(1 for call in calls if call.server == "hub")
    assert asked <= (1 if client == "hub" else WIDE.workers)
    starts = sorted({c.start for c in calls if c.server == "storage" and c.method == "GET"})
    assert starts == list(range(0, size, SPAN))
    assert CANARY.encode() not in story.everything_written()
    story.hub.calls.clear()
    fetch(story, client)
    assert story.hub.calls == []  # the note of its hash is enough
    assert told(story)[-1].proven


@CLIENTS
def test_all_connections_are_open_together(story: Story, client: str) -> None:
    story.hub.token = CANARY
    story.hub.together = threading.Barrier(WIDE.workers)  # fewer would break it
    pace = replace(WIDE, span=-(-len(story.hub.files[SHARD]) // WIDE.workers))
    fetch(story, client, pace=pace)
    assert not story.hub.together.broken


@CLIENTS
@pytest.mark.parametrize(
    "fault",
    [
        Fault(f"body:{SHARD}", times=2, cut=5000),
        Fault(f"body:{SHARD}", times=1, flip=True),
        Fault(f"body:{SHARD}", times=2, short=300),
        Fault(SHARD, times=2, status=403, at_storage=True),
        Fault(SHARD, times=1, status=503, at_storage=True),
        Fault(SHARD, times=1, status=429, headers={"Retry-After": "0"}),
    ],
    ids=["cut", "flip", "short", "pass over", "broken", "too often"],
)
def test_what_goes_wrong_on_the_way_is_got_past(
    story: Story, client: str, fault: Fault, capfd: pytest.CaptureFixture[str]
) -> None:
    story.hub.token = CANARY
    story.hub.faults.append(fault)
    fetch(story, client)
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    assert fault.times == 0
    said = story.said() + "".join(capfd.readouterr())
    assert "signed-pass" not in said
    assert CANARY not in said


def test_where_the_library_stalls_our_ranges_go_on_from_the_byte(story: Story) -> None:
    story.hub.token = CANARY
    silent = threading.Event()
    story.hub.silent = silent
    pace = replace(WIDE, read_timeout=0.3, tick=0.02)
    try:
        fetch(story, "hub", pace=pace)
    finally:
        silent.set()
    assert (story.folder / SHARD).read_bytes() == story.hub.files[SHARD]
    said = "huggingface_hub brought nothing for 0.3 s; going on by our own ranges"
    assert said in story.said()


@CLIENTS
def test_a_file_that_never_arrives_right_is_told_so(story: Story, client: str) -> None:
    story.hub.token = CANARY
    story.hub.faults.append(Fault(f"body:{SHARD}", times=10_000, flip=True))
    with pytest.raises(Failure, match="arrived 3 times with another hash"):
        fetch(story, client)
    assert story.marked == []
    assert not (story.folder / SHARD).exists()
    assert story.events[-1].state == "failed"


def test_spans_that_will_not_come_since_the_download_ended_are_not_waited_for(
    tmp_path: Path,
) -> None:
    gate, ticks = Gate(), 0

    class Silent:
        def fetch(self, file: HubFile, claim: Claim) -> None:
            assert claim.left == SPAN, file
            gate.sleep(3600)

    def ticked() -> None:
        nonlocal ticks
        gate.stop()  # another file of the download has failed
        ticks += 1
        assert ticks < 2000, "it waits for good"

    wide = Wide(
        folder=tmp_path, way=Silent(), progress=Progress(lambda _: None), pace=WIDE, gate=gate,
        ticked=ticked,
    )  # fmt: skip
    with pytest.raises(Stopped):
        wide.fetch(HubFile(SHARD, SPAN * 2, SHA256, "0" * 64))


def test_the_small_files_are_a_share_that_finds_what_the_hub_lacks(story: Story) -> None:
    story.hub.token = CANARY
    fetch(story, "ranges", SMALL_FILES)
    small = {path for path in story.wanted() if not path.endswith(".safetensors")}
    assert {p.name for p in story.folder.iterdir() if p.is_file()} == small
    story.hub.hidden.add(SHARD)
    with pytest.raises(Failure, match=f"the index names {SHARD}"):
        fetch(story, "ranges", SMALL_FILES)
    with pytest.raises(Failure, match="has no model-9"):
        fetch(story, "ranges", "model-9")


def test_the_whole_finds_every_share_proven(story: Story) -> None:
    story.hub.token = CANARY
    for path in (SMALL_FILES, *(shard_name(n, 3) for n in (1, 2, 3))):
        fetch(story, "hub", path)
    story.hub.calls.clear()
    story.environ["HF_TOKEN"] = CANARY
    story.download()
    story.assert_complete()
    assert story.hub.fetched() == []


def test_what_another_share_has_is_left_alone(story: Story) -> None:
    story.hub.token = CANARY
    fetch(story, "ranges", shard_name(2, 3))
    fetch(story, "ranges", shard_name(3, 3))
    assert (story.folder / shard_name(2, 3)).read_bytes() == story.hub.files[shard_name(2, 3)]


SCRIPT = """\
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from tests.fakes.hub.server import FakeHub
from tests.serve.weights.living import Story
from tests.serve.weights.test_share import WIDE, fetch

class Far:
    def __init__(self, endpoint, listing):
        self.environ, self._listing = {"HF_ENDPOINT": endpoint}, listing
    def listing(self):
        return self._listing

hub = Far(os.environ["HF_ENDPOINT"], json.loads(os.environ["LISTING"]))
fetch(Story(hub, Path(sys.argv[1])), sys.argv[2], pace=replace(WIDE, piece=PIECE))
"""


def start(story: Story, client: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start to fetch a shard in a process of its own."""
    listing = json.dumps(story.hub.listing())
    environ = {**os.environ, **story.hub.environ, "HF_TOKEN": CANARY, "LISTING": listing}
    words = [sys.executable, "-c", SCRIPT.replace("PIECE", str(PIECE)), str(story.folder), client]
    root = Path(__file__).parents[3]
    return subprocess.Popen([*FRESH, *words], env=environ | variables, cwd=root)


@CLIENTS
def test_kills_at_random_bytes_cost_the_spans_that_were_on_their_way(
    tmp_path: Path, client: str
) -> None:
    with FakeHub(model_files(shards=3, size=600_000)).serving() as hub:
        hub.step = PIECE
        hub.token = CANARY
        story = Story(hub, tmp_path / "weights")
        size = len(hub.files[SHARD])
        chance = random.Random(15)  # noqa: S311 - the same points every time
        kills = 2
        for point in sorted(chance.sample(range(1, size), kills)):
            with hub.lock:
                process = start(story, client)
                hub.at_bytes = (point, process.kill)
            assert process.wait(120) == -9
        assert start(story, client).wait(120) == 0
        assert (story.folder / SHARD).read_bytes() == hub.files[SHARD]
        assert hub.bytes_sent <= size + kills * WIDE.workers * SPAN


def test_the_true_client_downloads_a_snapshot(hub: FakeHub, tmp_path: Path) -> None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - its one use

    hub.token = CANARY
    found = snapshot_download(
        REPO, revision=COMMIT, local_dir=tmp_path, endpoint=hub.endpoint, token=CANARY
    )
    assert hub.files
    assert {path: (Path(found) / path).read_bytes() for path in hub.files} == hub.files
