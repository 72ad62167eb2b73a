"""A disk that is really full: a tmpfs of a few MB in a mount namespace of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes.hub.server import COMMIT

if TYPE_CHECKING:
    from .living import Story

pytestmark = pytest.mark.process

SCRIPT = Path(__file__).with_name("download_once.py")
TRY = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
MOUNTED = 'mount -t tmpfs -o "$1" tmpfs "$2" && exec "$3" "$4" "$2" "$5"'


@pytest.fixture
def full_disk(story: Story) -> FullDisk:
    tried = subprocess.run(TRY, capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"no mount namespace here: {tried.stderr.decode()}")
    return FullDisk(story)


class FullDisk:
    def __init__(self, story: Story) -> None:
        self.story = story
        story.folder.mkdir(parents=True)

    def last_words(self, options: str) -> str:
        words = [options, str(self.story.folder), sys.executable, str(SCRIPT), COMMIT]
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", MOUNTED, "sh", *words],
            env={**os.environ, **self.story.hub.environ},
            capture_output=True,
            check=False,
        )
        assert done.stderr == b""
        assert done.returncode == 1
        last = json.loads(done.stdout.splitlines()[-1])
        assert last["state"] == "failed"
        return str(last["message"])


def test_too_small_a_disk_is_refused_before_anything_is_fetched(full_disk: FullDisk) -> None:
    said = full_disk.last_words("size=512k")
    assert "604.1 kB are still to be written, 512.0 kB are free" not in said  # the lock has a page
    assert "is full: 604.1 kB are still to be written" in said
    assert said.endswith("are missing")
    assert full_disk.story.hub.fetched() == []


def test_a_disk_without_room_for_another_file_is_said_to_be_full(full_disk: FullDisk) -> None:
    said = full_disk.last_words("size=50m,nr_inodes=10")
    assert said.startswith(f"the disk under {full_disk.story.folder} is full: ")
    assert full_disk.story.hub.fetched() != []
