"""Runtimes and supervisors that clean up, and the law that nothing outlives a test."""

from __future__ import annotations

import os
import signal
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from .living import Story, Supervisor, make_release, relatives, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def marker() -> Iterator[str]:
    """A word in the environment of everything that a test starts; nobody bears it at the end."""
    word = f"deployer-test-{uuid.uuid4().hex}"
    yield word
    try:
        wait_for(lambda: not relatives(word), 60.0)
    except AssertionError:
        left = relatives(word)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        pytest.fail(f"processes left: {left}")


@pytest.fixture
def live(tmp_path: Path, marker: str) -> Iterator[Callable[..., Story]]:
    """Make a runtime in this process, which is stopped at the end."""
    made: list[Story] = []

    def make(*flags: str, stream: Any = None, view: Any = None, **options: Any) -> Story:
        release = make_release(*flags, **options)
        story = Story(release, tmp_path, marker, stream=stream, view=view)
        made.append(story)
        return story

    yield make
    for story in made:
        story.runtime.stop()


@pytest.fixture
def supervise(tmp_path: Path, marker: str) -> Iterator[Callable[..., Supervisor]]:
    """Start a supervisor process, which is ended at the end."""
    made: list[Supervisor] = []

    def make(*flags: str, words: tuple[str, ...] = (), **options: Any) -> Supervisor:
        supervisor = Supervisor(make_release(*flags, **options), tmp_path, marker, words)
        made.append(supervisor)
        return supervisor

    yield make
    for supervisor in made:
        if supervisor.process.poll() is None:
            supervisor.process.terminate()
        supervisor.process.communicate()
