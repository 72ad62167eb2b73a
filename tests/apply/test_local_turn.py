"""A changed release takes over behind the same door: nobody is refused, no stream is lost."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

import pytest
import requests

from deployer.apply.local.parts import Parts
from deployer.apply.local.room import no_room
from deployer.apply.local.state import read_state
from deployer.errors import Failure
from deployer.headers import TOLD_BY
from deployer.release import Argument
from deployer.serve.processes import all_processes, title

from .test_local_supervised import supervised
from .world import World, fake_parts, wait_until

if TYPE_CHECKING:
    from deployer.release import Release

PATIENCE = 240
STREAMS = 32


@pytest.fixture
def real(world: World) -> World:
    world.parts = fake_parts(world.home, supervisor=Parts().supervisor)
    return world


def lasting(world: World, *flags: str) -> Release:
    """Give a release whose streams last for two seconds and which drains as long as it takes."""
    plain = supervised(world, *flags)
    return dataclasses.replace(
        plain,
        arguments=(*plain.arguments, Argument("--tokens", ("20",), "engine.args")),
        lifecycle=dataclasses.replace(plain.lifecycle, drain=float(PATIENCE)),
    )


class Clients:
    """Streams that have begun, and somebody who asks again and again on a new connection."""

    def __init__(self, world: World, key: str) -> None:
        self.url = f"http://127.0.0.1:{world.port}"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.begun = threading.Semaphore(0)
        self.whole: list[bool] = []
        self.answers: list[tuple[int, str]] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._stream) for _ in range(STREAMS)]
        self.threads.append(threading.Thread(target=self._ask))
        for each in self.threads:
            each.start()
        for _ in range(STREAMS):
            assert self.begun.acquire(timeout=PATIENCE)

    def _stream(self) -> None:
        """Read one stream after another: at the turn there are some, however long it takes."""
        while True:
            self._read_one()
            if self.over.is_set():
                return

    def _read_one(self) -> None:
        with requests.post(
            f"{self.url}/v1/chat/completions",
            json={"stream": True},
            headers=self.headers,
            stream=True,
            timeout=PATIENCE,
        ) as answer:
            lines = answer.iter_lines()
            next(lines)
            self.begun.release()
            self.whole.append([line for line in lines if line][-1] == b"data: [DONE]")

    def _ask(self) -> None:
        while not self.over.is_set():
            answer = requests.get(f"{self.url}/v1/models", headers=self.headers, timeout=PATIENCE)
            self.answers.append((answer.status_code, answer.headers[TOLD_BY]))

    def end(self) -> None:
        self.over.set()
        for each in self.threads:
            each.join()


@pytest.mark.process
def test_a_replace_refuses_nobody_and_loses_no_stream(real: World) -> None:
    old, new = lasting(real), lasting(real, "--stray")
    applied = real.apply(old)
    assert applied.key_file is not None
    before = read_state(real.folder())
    clients = Clients(real, applied.key_file.read_text().strip())
    replaced = real.apply(new)
    clients.end()

    assert replaced.outcome == "replaced"
    assert set(clients.whole) == {True}
    assert len(clients.whole) >= STREAMS
    assert {status for status, _ in clients.answers} == {200}
    seen = [digest for _, digest in clients.answers]
    assert seen[0] == old.digest()[:12]
    assert seen[-1] == new.digest()[:12]
    assert seen == sorted(seen, key=[old.digest()[:12], new.digest()[:12]].index), "it turns once"
    drained = next(e for e in real.events if (e.phase, e.state) == ("drain", "done"))
    assert "requests in flight were answered in" in drained.message
    state = read_state(real.folder())
    assert before is not None
    assert state is not None
    assert (state.supervisor, state.digest) == (before.supervisor, new.digest())
    assert real.apply(new).outcome == "unchanged"
    real.destroy()


@pytest.mark.process
def test_what_does_not_come_to_serve_leaves_the_old_one_alone(real: World) -> None:
    old, broken = lasting(real), lasting(real, "--exit-in-warmup")
    applied = real.apply(old)
    assert applied.key_file is not None
    clients = Clients(real, applied.key_file.read_text().strip())
    with pytest.raises(Failure, match=r"the old one serves on: .*exit code 9"):
        real.apply(broken)
    clients.end()

    assert set(clients.whole) == {True}
    assert len(clients.whole) >= STREAMS
    assert set(clients.answers) == {(200, old.digest()[:12])}
    assert real.apply(old).outcome == "unchanged"
    engines = [p for p in all_processes().values() if "fake_engine" in title(p) and not p.dead]
    assert len([p for p in engines if str(real.home) in title(p)]) <= 1
    real.destroy()


@pytest.mark.process
def test_what_has_no_room_beside_the_old_one_waits_for_its_end(
    real: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real.apply(lasting(real))
    before = read_state(real.folder())
    monkeypatch.setattr("deployer.apply.local.turn.no_room", lambda *_: "no room")
    assert real.apply(lasting(real, "--stray")).outcome == "replaced"
    told = next(e for e in real.events if (e.phase, e.state) == ("drain", "started"))
    assert "stopped first: no room; closed for its start, about " in told.message
    state = read_state(real.folder())
    assert before is not None
    assert state is not None
    assert state.supervisor != before.supervisor
    real.destroy()


@pytest.mark.process
def test_a_server_that_has_turned_is_watched_and_drains_as_any_other(real: World) -> None:
    applied = real.apply(lasting(real))
    assert applied.key_file is not None
    real.apply(lasting(real, "--stray"))
    clients = Clients(real, applied.key_file.read_text().strip())
    clients.over.set()
    assert real.destroy().killed == 0
    clients.end()
    assert set(clients.whole) == {True}
    assert len(clients.whole) >= STREAMS
    wait_until(lambda: not real.folder().path.exists())


def test_room_is_what_the_old_engine_takes_and_more() -> None:
    import os  # noqa: PLC0415 - for this test alone

    assert no_room([os.getpid()], "none") == ""
    assert no_room([os.getpid()], "B200") == "the B200 is taken by the engine that serves"
    assert "does not tell" in no_room([], "none")
