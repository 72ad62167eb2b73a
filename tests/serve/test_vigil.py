"""The watch over a serving engine, with real processes that are really stopped."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

from deployer.errors import Failure
from deployer.serve.view import VIEW, View, ViewFile, read_view

from .living import KEY, PATIENCE, relatives, titled, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .living import Story, Supervisor

pytestmark = pytest.mark.process

BUDGET = 6.0
"""Seconds without progress that are a hang. An engine on a busy machine is not still so long."""

CHILDREN = ("--children", "sglang::scheduler", "sglang::detokenizer")


def streams(story: Story | Supervisor, count: int) -> list[threading.Thread]:
    """Ask for streams, and wait until each has begun."""
    begun, broken = threading.Semaphore(0), list[requests.RequestException]()

    def read() -> None:
        try:
            answer = requests.post(
                f"http://127.0.0.1:{story.release.listen.port}/v1/chat/completions",
                json={"stream": True},
                headers={"Authorization": f"Bearer {KEY}"},
                stream=True,
                timeout=600,
            )
            for _ in answer.iter_content(8):
                begun.release()
        except requests.RequestException:
            pass

    asking = [threading.Thread(target=read, daemon=True) for _ in range(count)]
    for each in asking:
        each.start()
    for _ in range(count):
        assert begun.acquire(timeout=PATIENCE)
        assert not broken, broken
    return asking


def watch(story: Story) -> str:
    """Watch until it fails; gives what it says."""
    with pytest.raises(Failure, match="the engine hangs") as caught:
        story.runtime.watch()
    return caught.value.message


@pytest.mark.parametrize("who", ["sglang::scheduler", "sglang::detokenizer"])
def test_a_child_that_is_stopped_is_told_by_its_name(live: Callable[..., Story], who: str) -> None:
    story = live(*CHILDREN, "--tokens", "100000", hang=BUDGET)
    assert story.runtime.start()
    streams(story, 3)
    pid = titled(who, story.marker)
    began = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    said = watch(story)
    assert f"{who}" in said
    assert f"(process {pid}) stopped for {BUDGET:g} s" in said
    assert time.monotonic() - began >= BUDGET
    assert story.phases()[-2:] == ["serving/failed", "ended/failed"]
    assert story.runtime.stop() is None
    log = story.log.read_text()
    assert f"[deployer] process {pid}: {who}" in log
    assert "state T (stopped)" in log
    assert not relatives(story.marker)


def test_an_engine_whose_parent_is_stopped_is_told_and_ended(live: Callable[..., Story]) -> None:
    story = live(hang=BUDGET)
    assert story.runtime.start()
    os.kill(story.pid(), signal.SIGSTOP)
    assert f"the engine (process {story.pid()}) stopped for {BUDGET:g} s" in watch(story)


def test_a_deadlock_while_streams_run_is_told(live: Callable[..., Story]) -> None:
    """Its health call is answered, and no process is stopped: only progress tells."""
    story = live("--tokens", "100000", hang=BUDGET)
    assert story.runtime.start()
    streams(story, 2)
    os.kill(story.pid(), signal.SIGUSR1)
    assert re.search(f"nothing has moved for {BUDGET:g} s|our own request", watch(story))
    told = [e.message for e in story.events if (e.phase, e.state) == ("serving", "progress")]
    assert any(message.startswith("quiet: nothing has moved") for message in told)


def test_a_deadlock_of_an_idle_engine_is_told_by_our_own_request(
    live: Callable[..., Story],
) -> None:
    story = live(hang=BUDGET)
    assert story.runtime.start()
    os.kill(story.pid(), signal.SIGUSR1)
    assert "our own request for one token has not returned" in watch(story)


def test_a_pause_is_told_and_is_no_hang(live: Callable[..., Story]) -> None:
    story = live(*CHILDREN)
    assert story.runtime.start()
    pid = titled("sglang::scheduler", story.marker)
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: any("paused: sglang::scheduler" in e.message for e in story.events))
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: story.events[-1].message.startswith(("idle: ", "busy: ")))
    drained = story.runtime.stop()
    assert drained is not None
    assert drained.by_itself


def test_a_hang_ends_a_drain_that_cannot_be(live: Callable[..., Story]) -> None:
    story = live("--tokens", "100000", hang=BUDGET)
    assert story.runtime.start()
    streams(story, 1)
    os.kill(story.pid(), signal.SIGUSR1)
    with pytest.raises(Failure, match="1 of 1 requests were cut off"):
        story.runtime.stop()
    took = story.events[-1].time - next(e.time for e in story.events if e.phase == "drain")
    assert took < 200, "the budget of the drain is 240"
    told = [e.message for e in story.events if (e.phase, e.state) == ("drain", "progress")]
    assert any(message.startswith("the engine hangs: ") for message in told)
    assert f"[deployer] process {story.pid()}: " in story.log.read_text(), "where it stood"


def test_how_it_is_stands_in_a_file(supervise: Callable[..., Supervisor], tmp_path: Path) -> None:
    supervisor = supervise(*CHILDREN, "--tokens", "100000", drain=0.5)
    supervisor.wait_event("serving", "started")
    path = tmp_path / VIEW
    wait_for(lambda: (view := read_view(path)) and view.state == "idle")
    streams(supervisor, 1)
    wait_for(lambda: (view := read_view(path)) and view.state == "busy")
    assert path.stat().st_mode & 0o77 == 0
    view = read_view(path)
    assert view is not None
    assert abs(time.time() - view.at) < 200


def test_a_clock_that_jumps_is_no_hang_and_hides_none(
    live: Callable[..., Story], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day back, then two days on: what is measured, is measured by a clock that only goes on."""
    off, path, real = [0.0], tmp_path / VIEW, time.time
    monkeypatch.setattr(time, "time", lambda: real() + off[0])
    story = live(*CHILDREN, "--tokens", "100000", hang=BUDGET, view=ViewFile(path), drain=0.5)
    assert story.runtime.start()
    streams(story, 1)
    for day in (-86_400.0, 86_400.0):
        off[0] = day
        wait_for(lambda: (view := read_view(path)) and abs(view.at - real() - off[0]) < 3600)
    assert not any(event.state == "failed" for event in story.events)
    os.kill(story.pid(), signal.SIGUSR1)
    off[0] = -86_400.0
    assert re.search(f"nothing has moved for {BUDGET:g} s|our own request", watch(story))


def test_a_view_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / VIEW
    assert read_view(path) is None
    file = ViewFile(path)
    file.write(View(1.0, "quiet", "x" * 5000, 2.34))
    file.write(View(2.0, "idle", "nothing", 0.0))
    file.close()
    file.write(View(3.0, "idle", "closed", 0.0))
    assert read_view(path) == View(2.0, "idle", "nothing", 0.0)
    path.write_text("{")
    assert read_view(path) is None


def test_an_engine_that_hangs_is_started_again(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(*CHILDREN, hang=BUDGET, restarts=1)
    supervisor.wait_event("serving", "started")
    first = supervisor.engine()
    os.kill(titled("sglang::scheduler", supervisor.marker), signal.SIGSTOP)
    restart = supervisor.wait_event("restart", "started")
    assert "the engine hangs: sglang::scheduler" in restart.message
    assert "it is started again in 1 s (1 of 1 in a row)" in restart.message
    wait_for(lambda: served(supervisor) > 1)
    assert wait_for(lambda: supervisor.engine() != first)
    supervisor.signal(signal.SIGTERM)
    assert supervisor.wait() == 0


def served(supervisor: Supervisor) -> int:
    return [(e.phase, e.state) for e in supervisor.events()].count(("serving", "started"))


def kill_once_it_serves(supervisor: Supervisor, time_: int) -> None:
    """Kill the engine as soon as it serves for the so many-th time."""
    wait_for(lambda: served(supervisor) >= time_)
    os.kill(supervisor.engine(), signal.SIGKILL)


def test_an_engine_that_dies_over_and_over_is_given_up(
    supervise: Callable[..., Supervisor],
) -> None:
    supervisor = supervise(restarts=2)
    for time_ in (1, 2, 3):
        kill_once_it_serves(supervisor, time_)
    assert supervisor.wait() == 1
    phases = [e.phase for e in supervisor.events() if e.state in {"started", "failed"}]
    assert phases.count("restart") == 2
    assert phases[-1] == "ended"
    assert "killed by SIGKILL (9)" in supervisor.events()[-1].message


def test_a_stop_between_two_starts_is_no_failure(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(restarts=50)
    for time_ in (1, 2, 3):
        kill_once_it_serves(supervisor, time_)
    wait_for(lambda: [e.phase for e in supervisor.events()].count("restart") == 3)
    supervisor.signal(signal.SIGTERM)
    assert supervisor.wait() == 0
    assert (supervisor.events()[-1].phase, supervisor.events()[-1].state) == ("ended", "done")
