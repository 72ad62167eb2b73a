"""Terminals that are closed, and applies that are killed, while a phase runs: nothing is lost."""

from __future__ import annotations

import os
import pty
import random
import re
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deployer.apply.modal.locked import RELEASED
from deployer.apply.modal.tags import PHASE
from tests.apply.modal.conftest import World
from tests.apply.modal.test_ends import running_apps
from tests.apply.modal.test_killed import called, killing, running, start
from tests.fakes.modal.state import App, Build
from tests.volume import THOROUGH, VOLUME

pytestmark = pytest.mark.process

__all__ = ["killing"]  # a fixture

SEEDS = {"fast": 1, "ci": 1, "thorough": 50}[VOLUME]

DEATHS = [("weights", "closed"), ("kernels", "killed")]
"""Which phase runs, and how the terminal dies; the other two of four are tried where there is time.
"""

if THOROUGH:
    DEATHS += [("weights", "killed"), ("kernels", "closed")]

MOMENTS = 30
"""Events of a kind, from the call of a phase on, of which one is the moment."""

BEFORE = 60
"""Calls of a whole apply among which is the moment of one that finds the phase running."""

FUNCTION = {"weights": "download_model", "kernels": "compile_deepgemm"}
WORDS = {"weights": "the download", "kernels": "the compilation"}
KERNELS = 3
COMPILED = re.compile(r"compiled (\d+)$")


@dataclass
class Held:
    """A phase whose container does not come to its end before :meth:`release`."""

    world: World
    phase: str
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> Path:
        return self.world.folder / "over"

    def prepare(self, chance: random.Random) -> str:
        """Let the container stop at some byte, or after its last kernel; gives the profile."""
        world = self.world
        if self.phase == "kernels":
            world.stock()
            world.plane.worker.variables["FAKE_COMPILE"] = f"--committed --until {self.over}"
            self.stopped.set()
            return world.profile(gpu="  gpu: H100")
        sent = sum(map(len, world.hub.files.values())) - 10_000  # not all of them are asked for
        world.hub.at_bytes = (chance.randrange(1, sent), self._stop)
        return world.profile()

    def release(self) -> None:
        """Let it come to its end."""
        self.over.touch()
        with self.world.hub.lock:
            self.world.hub.at_bytes = None
        self._send(signal.SIGCONT)

    def app(self) -> App:
        """Give the app that the phase runs in."""
        apps = self.world.plane.state.apps.values()
        (found,) = (one for one in apps if one.tags.get(PHASE) == self.phase)
        return found

    def is_called(self, name: str) -> bool:
        """Whether the question that was asked last calls the phase's function."""
        if name != "FunctionMap":
            return False
        function = self.world.plane.requests(name)[-1].function_id
        return self.world.plane.state.app_of(function).tags.get(PHASE) == self.phase

    def _stop(self) -> None:
        self._send(signal.SIGSTOP)
        self.stopped.set()

    def _send(self, number: signal.Signals) -> None:
        for task in tuple(self.world.plane.worker.tasks.values()):
            if task.function_id in self.app().functions.values() and task.alive:
                os.killpg(task.process.pid, number)


class Seat:
    """An apply at a terminal of its own, and who sits there; it dies at a moment.

    What it says there is ``said``.
    """

    def __init__(self, world: World, path: str, machine: str, log: Path | None = None) -> None:
        self._ours, its = pty.openpty()
        talk = None if log is None else os.open(log, os.O_CREAT | os.O_WRONLY)
        self.apply = start(world, path, machine, its, talk)
        for handed in (its, talk):
            if handed is not None:
                os.close(handed)
        self.said = b""

    def dies(self, world: World, how: str, due: Due) -> int:
        """Read what is written there until it is ``due``; gives the apply's exit code.

        ``due`` is told of each event: of a ``call``, with its name, or of a ``line``.
        """
        come, gone = threading.Event(), threading.Event()

        def called(name: str) -> None:
            if not come.is_set() and due("call", name):
                come.set()
                gone.wait(60.0)  # it dies before this is answered

        world.plane.watch = called
        while not come.is_set() and self.apply.poll() is None:
            if select.select([self._ours], [], [], 0.05)[0]:
                with suppress(OSError):  # it has ended
                    self.said += os.read(self._ours, 4096)
                if due("line", ""):
                    come.set()
        if how == "killed":
            os.kill(self.apply.pid, signal.SIGKILL)
            self.apply.wait()
        os.close(self._ours)  # who sits at it is sent SIGHUP
        gone.set()
        code = self.apply.wait()
        world.plane.watch = None
        return code


class Due:
    """Draws a moment among the events of some kinds after the one that ``begins``."""

    def __init__(
        self,
        chance: random.Random,
        begins: Callable[[str], bool],
        kinds: tuple[str, ...],
        of: int,
    ) -> None:
        self.kind, self.number = chance.choice(kinds), chance.randrange(of)
        self._begins, self._begun, self._count = begins, False, 0
        self._lock = threading.Lock()

    def __call__(self, kind: str, name: str) -> bool:
        with self._lock:
            if not self._begun:
                self._begun = self._begins(name)
                return False
            self._count += kind == self.kind
            return self._count > self.number


def when_attached(world: World, left: App, then: Callable[[], None]) -> None:
    """Do something as soon as an apply waits for what another one has left."""

    def watch(name: str) -> None:
        if name == "AppHeartbeat" and world.plane.requests(name)[-1].app_id == left.id:
            world.plane.watch = None
            then()

    world.plane.watch = watch


def is_planned(world: World, path: str, left: App) -> None:
    """Hold what a plan says while something is left running to what is there."""
    code, out, err = world.run("plan", path)
    assert (code, "nothing is deployed as this app" in out) == (0, True), err
    said = f"; what another apply began still runs, and is waited for ({left.id})"
    assert said in " ".join(out.split()), out


def compiled(world: World) -> list[str]:
    """Give the kernels that were compiled, by the logs of all containers."""
    lines = (line for task in world.plane.worker.tasks.values() for line in task.log)
    return sorted(found[1] for line in lines if (found := COMPILED.match(line)))


def free(world: World) -> bool:
    """Whether each lock was given back by who held it last."""
    (entries,) = world.plane.state.dicts.values()
    newest = {key: value for key, value in entries.items() if key.endswith(b"#")}
    return all(entries[key + value + b".beats"] == RELEASED for key, value in newest.items())


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize(("phase", "how"), DEATHS)
def test_whenever_a_terminal_dies_the_next_apply_attaches_to_what_runs(
    killing: World, monkeypatch: pytest.MonkeyPatch, phase: str, how: str, seed: int
) -> None:
    world, held = killing, Held(killing, phase)
    chance = random.Random(seed)  # noqa: S311 - the same moments every time
    path = held.prepare(chance)
    log = chance.choice([None, world.folder / "log"])
    kinds = ("call",) if log else ("call", "line")
    due = Due(chance, held.is_called, kinds, MOMENTS)
    seat = Seat(world, path, "first", log)
    code = seat.dies(world, how, due)
    where = f"{phase} {seed}: {how} at {due.kind} {due.number}\n{seat.said.decode()}"
    assert code == (130 if how == "closed" else -signal.SIGKILL), where
    assert held.stopped.wait(60.0), where
    left = held.app()
    world.plane.run(world.plane.lapse())  # what needs a sign of life of its command is over
    assert left.id in running_apps(world), where
    if log and how == "closed":
        said = f"Interrupted. {WORDS[phase].capitalize()} is left running on Modal: "
        assert said in log.read_text(encoding="utf-8"), where

    again = Due(chance, bool, ("call",), BEFORE)
    seat = Seat(world, path, "second")
    code = seat.dies(world, "closed", again)
    where += f"\nthen at {again.number}\n{seat.said.decode()}"
    assert code in {130, -signal.SIGHUP}, where  # before it began anything it has no handler
    assert left.id in running_apps(world), where

    when_attached(world, left, held.release)
    monkeypatch.setenv("XDG_STATE_HOME", str(world.folder / "third"))
    code, out, err = world.run("apply", path, "--yes")
    where += f"\n{out}{err}"
    assert (code, "keeps its promises (version 1" in out) == (0, True), where
    assert f"{WORDS[phase]} that another apply began still runs: waiting for it" in err, where
    assert called(world)[FUNCTION[phase]] == 1, where
    assert world.hub.bytes_sent <= sum(map(len, world.hub.files.values())), where
    assert compiled(world) == ([str(n) for n in range(KERNELS)] if phase == "kernels" else [])
    assert running(world) == {}, where
    assert free(world), where


def test_a_compilation_that_is_preempted_while_it_is_waited_for_goes_on_from_its_kernels(
    killing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, held = killing, Held(killing, "kernels")
    chance = random.Random(0)  # noqa: S311 - the same moment every time
    path, variables = held.prepare(chance), world.plane.worker.variables
    variables["FAKE_COMPILE"] += " --kernels 7"
    seat = Seat(world, path, "first")
    assert seat.dies(world, "closed", Due(chance, held.is_called, ("call",), MOMENTS)) == 130
    is_planned(world, path, held.app())

    def preempt() -> None:
        (task,) = (one for one in tuple(world.plane.worker.tasks.values()) if one.alive)
        while not any("kernel 6 is whole" in line for line in tuple(task.log)):
            time.sleep(0.05)
        variables["FAKE_COMPILE"] = "--committed --kernels 9"
        task.process.send_signal(signal.SIGTERM)

    when_attached(world, held.app(), threading.Thread(target=preempt).start)
    monkeypatch.setenv("XDG_STATE_HOME", str(world.folder / "next"))
    code, out, err = world.run("apply", path, "--yes")
    assert (code, "keeps its promises (version 1" in out) == (0, True), err
    assert "the compilation that another apply began still runs: waiting for it" in err
    assert compiled(world) == [str(number) for number in range(9)], err
    assert running(world) == {}


WRONG = "v0.5.23-cu999"
OUTPUT = (f"Step 1/3 : FROM lmsysorg/sglang:{WRONG}", "manifest unknown: manifest unknown")
WAITS = "the next `deployer apply` of tiny waits for it where it needs the same weights"


def test_a_wrong_tag_is_told_while_a_download_runs_that_is_waited_for(
    killing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left running, and the apply with the right tag waits for it, too."""
    world, held = killing, Held(killing, "weights")
    chance = random.Random(0)  # noqa: S311 - the same moment every time
    path = held.prepare(chance)
    tag = f"FROM lmsysorg/sglang:{WRONG}"
    world.plane.state.builds[tag] = Build(OUTPUT[:1], may_end=False)
    world.profile(image=f"  image: lmsysorg/sglang:{WRONG}")
    seat = Seat(world, path, "first")
    due = Due(chance, held.is_called, ("call",), MOMENTS)
    assert seat.dies(world, "closed", due) == 130, seat.said
    assert held.stopped.wait(60.0), seat.said
    left = held.app()
    is_planned(world, path, left)

    world.plane.state.builds[tag] = Build(OUTPUT, fails=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(world.folder / "next"))
    code, _, err = world.run("apply", path, "--yes")
    assert (code, "✗ weights" in err) == (1, True), err
    assert "the download that another apply began still runs: waiting for it" in err
    (told,) = (line for line in err.splitlines() if line.startswith("error: "))
    assert told == "error: the image cannot be built on Modal"
    assert all(line in err for line in OUTPUT)
    assert f"The download is left running on Modal: {WAITS}; `modal app stop {left.id}`" in err
    # The download does not go on before it is let go on.
    (call,) = (one for one in world.plane.state.calls.values() if one.function_id in
               left.functions.values())  # fmt: skip
    assert (call.done, running(world)) == (False, {left.id: "weights"})

    when_attached(world, left, held.release)
    code, out, err = world.run("apply", world.profile(), "--yes")
    assert (code, "keeps its promises (version 1" in out) == (0, True), err
    assert "the download that another apply began still runs: waiting for it" in err
    assert "the engine's image is there, after" in err
    assert called(world)["download_model"] == 1
    assert running(world) == {}
