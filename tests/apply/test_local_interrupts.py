"""Ctrl-C and concurrent applies, as real processes: nothing is left, nobody is disturbed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from deployer.apply.local.family import family
from deployer.apply.local.status import status
from tests.fakes.fresh import FRESH

from .world import DRIVER_ENVIRONMENT, World, driver, make_release, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.release import Release

pytestmark = pytest.mark.process


class Running:
    """One ``apply`` that runs as a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def wait_for(self, phase: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            if (told.get("phase"), told.get("state")) == (phase, "started"):
                return
        pytest.fail(f"{phase} never came")

    def end(self) -> dict[str, Any]:
        output, _ = self.process.communicate(timeout=250)
        last: dict[str, Any] = json.loads(output.splitlines()[-1])
        return last


INTERRUPTED = (130, -signal.SIGINT)
"""Both are 130 to a shell. `python -m` ends itself by the signal where the interrupt came while it
ran a text, as the making of a dataclass does, though it was caught (CPython 3.11, pythonrun.c)."""

BACKGROUND = ("sh", "-c", "trap '' HUP INT QUIT; exec \"$@\"", "sh")
"""As `nohup` and a shell's `&` start a command."""


@contextmanager
def applying(
    world: World, release: Release, slow: str = "", before: tuple[str, ...] = ()
) -> Iterator[Running]:
    command = driver(world, release, slow)
    if before:
        command = [*before, *command[len(FRESH) :]]
    with subprocess.Popen(
        command, env=DRIVER_ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def assert_nothing_is_left(world: World) -> None:
    assert family(world.folder().path, ()) == frozenset()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", world.port))
    running = {"serving", "starting", "draining"}
    assert not running & {each.state for each in status(environ=world.environ)}


@pytest.mark.parametrize(
    ("phase", "slow", "wishes"),
    [
        ("engine", "engine", {}),
        ("model", "model", {}),
        ("load", "", {"LOAD": "60"}),
        ("verify", "verify", {}),
    ],
)
def test_ctrl_c_in_each_phase(world: World, phase: str, slow: str, wishes: dict[str, str]) -> None:
    with applying(world, make_release(world.port, **wishes), slow) as running:
        running.wait_for(phase)
        running.process.send_signal(signal.SIGINT)
        last = running.end()

    assert last["error"] == "Interrupted"
    assert running.process.returncode in INTERRUPTED
    assert_nothing_is_left(world)
    assert world.apply(make_release(world.port)).outcome != "unchanged"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_kill_and_a_closed_terminal_are_like_ctrl_c(
    world: World, number: signal.Signals
) -> None:
    with applying(world, make_release(world.port, LOAD="60")) as running:
        running.wait_for("load")
        running.process.send_signal(number)
        assert running.end()["error"] == "Interrupted"

    assert_nothing_is_left(world)
    (found,) = status(environ=world.environ)
    assert (found.state, found.message) == ("failed", "apply was interrupted")


def test_in_the_background_it_goes_on_when_the_terminal_closes(world: World) -> None:
    with applying(world, make_release(world.port, LOAD="1"), before=BACKGROUND) as running:
        running.wait_for("load")
        running.process.send_signal(signal.SIGHUP)
        running.process.send_signal(signal.SIGINT)
        assert running.end()["outcome"] == "created"


@pytest.mark.parametrize("before", [BACKGROUND, ("sh", "-c", "trap '' TERM; exec \"$@\"", "sh")])
def test_a_polite_kill_ends_it_in_the_background_too(world: World, before: tuple[str, ...]) -> None:
    with applying(world, make_release(world.port, LOAD="60"), before=before) as running:
        running.wait_for("load")
        running.process.send_signal(signal.SIGTERM)
        assert running.end()["error"] == "Interrupted"

    assert_nothing_is_left(world)


def test_ctrl_c_twice_does_not_wait_for_a_deaf_server(world: World) -> None:
    deaf = make_release(world.port, LOAD="60", FAULT="deaf")
    with applying(world, deaf, "patient") as running:
        running.wait_for("load")
        running.process.send_signal(signal.SIGINT)
        # A second one that comes before the first is heard is the same signal to the kernel.
        wait_until((world.folder().path / "asked-to-end").exists)
        running.process.send_signal(signal.SIGINT)
        assert running.end()["error"] == "Interrupted"

    assert_nothing_is_left(world)


def test_ctrl_c_while_the_old_server_drains_ends_it(world: World) -> None:
    world.apply(make_release(world.port, DRAIN="60"))
    with applying(world, make_release(world.port)) as running:
        running.wait_for("drain")
        wait_until(lambda: [s.state for s in status(environ=world.environ)] == ["draining"])
        running.process.send_signal(signal.SIGINT)
        last = running.end()

    assert last["message"].endswith("and so is the server that ran before")
    assert_nothing_is_left(world)


def test_a_killed_apply_leaves_a_server_that_the_next_one_takes_over(world: World) -> None:
    release = make_release(world.port)
    with applying(world, release, "verify") as running:
        running.wait_for("verify")
        running.process.kill()
        running.process.wait()

    assert [each.state for each in status(environ=world.environ)] == ["serving"]
    again = world.apply(release)

    assert (again.outcome, again.verified) == ("unchanged", True)
    assert [each.phase for each in again.phases] == ["compare", "verify"]


def test_a_second_apply_of_the_same_name_is_refused(world: World) -> None:
    release = make_release(world.port)
    with applying(world, release, "engine") as first:
        first.wait_for("engine")
        with applying(world, release) as second:
            last = second.end()

    assert last["error"] == "Failure"
    pid = first.process.pid
    assert last["message"] == f"an apply (process {pid}) of `demo` is running already"


def test_a_second_apply_for_the_same_port_is_refused(world: World) -> None:
    with applying(world, make_release(world.port), "model") as first:
        first.wait_for("model")
        with applying(world, make_release(world.port, name="other")) as second:
            last = second.end()

    assert last["error"] == "Failure"
    assert last["message"] == (
        f"port {world.port} is about to be taken by another apply: "
        f"`demo` (process {first.process.pid})"
    )


def test_of_four_at_once_one_starts_the_server(world: World) -> None:
    command = driver(world, make_release(world.port))
    crowd = [
        subprocess.Popen(command, env=DRIVER_ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ends = [Running(each).end() for each in crowd]

    outcomes = [end.get("outcome") or end["error"] for end in ends]
    assert outcomes.count("created") == 1
    assert set(outcomes) <= {"created", "unchanged", "Failure"}
    wait_until(lambda: [s.state for s in status(environ=world.environ)] == ["serving"])
    assert len(family(world.folder().path, ())) == 2
