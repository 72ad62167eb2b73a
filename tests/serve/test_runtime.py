"""A life from launch to drain, and every way in which it can end before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from deployer.diagnose.boot import TOTAL, Boot
from deployer.errors import Failure
from deployer.serve import port, ready
from deployer.serve import runtime as runtime_room
from deployer.serve.keyring import KeyRing
from tests.ports import free_port

from .living import KEY, PATIENCE, VARIABLE, leaks, relatives, titled, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.event import Event

    from .living import Story

pytestmark = pytest.mark.process

NORMAL = [
    "launch/started",
    "launch/done",
    "load/started",
    "load/done",
    "memory/started",
    "memory/done",
    "warmup/started",
    "warmup/done",
    "boot/done",
    "serving/started",
]


def test_a_normal_life(live: Callable[..., Story]) -> None:
    story = live("--children", "sglang::scheduler", "sglang::detokenizer")
    assert story.runtime.start()
    assert story.phases() == NORMAL
    told = [e.message for e in story.events if e.phase == "warmup" and e.state == "progress"]
    assert told == ["chat", "tools"]
    proc = Path("/proc") / str(story.pid())
    assert not leaks((proc / "environ").read_text(), (proc / "cmdline").read_text())
    assert "FROM_RELEASE=yes" in (proc / "environ").read_text()
    running = story.runtime._running
    assert running is not None
    assert not running._key_file.path.exists()
    drained = story.runtime.stop()
    assert drained is not None
    assert drained.by_itself
    assert not drained.left
    assert story.phases()[len(NORMAL) :] == ["drain/started", "drain/done", "ended/done"]
    assert "server_args=" in story.log.read_text()
    assert "[redacted]" in story.log.read_text()
    assert not story.leaks()
    assert story.runtime.stop() is None


def test_it_runs_without_a_key(live: Callable[..., Story]) -> None:
    story = live(key=False, budget=0.001, stages={"imports": 0.001, "weights": 9.0})
    assert story.runtime.start()
    _tells_what_was_late(story)
    url = f"http://127.0.0.1:{story.release.listen.port}/v1/chat/completions"
    assert requests.post(url, json={}, timeout=PATIENCE).status_code == 200
    assert "'api_key': '[redacted]'" in wait_for(story.log.read_text)


def _tells_what_was_late(story: Story) -> None:
    """Each budget that is passed is told when it is, and once more when all is ready."""
    told = [e.message for e in story.events if (e.phase, e.state) == ("boot", "progress")]
    assert sorted(told) == [
        "imports: more than 0.001 s (`lifecycle.stage_budgets`)",
        "the start: more than 0.001 s (`lifecycle.start_budget`)",
    ]
    ready = next(e for e in story.events if (e.phase, e.state) == ("boot", "done"))
    boot = Boot.from_json(ready.record)
    assert [late.name for late in boot.late()] == ["imports", TOTAL]
    assert " more than the 0.001 s of `lifecycle.stage_budgets`" in ready.message
    assert story.phases() == NORMAL


@pytest.mark.parametrize(
    ("flags", "phase", "message"),
    [
        (("--exit-early", "3"), "load", "has ended: exit code 3"),
        (("--exit-in-warmup",), "warmup", "has ended: exit code 9"),
        (("--answer", "500"), "warmup", "'chat' was answered wrongly: status 500"),
        (("--answer", "empty"), "warmup", "'chat' was answered wrongly: nothing in content or"),
        (("--answer", "not-json"), "warmup", "'chat' was answered wrongly: not JSON"),
        (("--answer", "bad-tools"), "warmup", "'tools' was answered wrongly: a tool call whose"),
    ],
)
def test_what_goes_wrong_is_told(
    live: Callable[..., Story], flags: tuple[str, ...], phase: str, message: str
) -> None:
    story = live(*flags)
    with pytest.raises(Failure, match=message) as caught:
        story.runtime.start()
    assert story.phases()[-2:] == [f"{phase}/failed", "ended/failed"]
    end = story.events[-1]
    assert message in end.message
    assert any("server_args=" in line for line in end.detail)
    assert not story.leaks()
    assert not leaks(str(caught.value), caught.value.hint)


def test_the_exception_is_told_and_not_its_messenger_alone(live: Callable[..., Story]) -> None:
    story = live("--exit-early", "3", "--raising", "ValueError: no room for the cache")
    said = (
        "has ended: exit code 3; the first exception in its log is not one that is known here: "
        "ValueError: no room for the cache"
    )
    with pytest.raises(Failure, match=said):
        story.runtime.start()
    assert said in story.events[-1].message
    assert said in story.events[-2].message


def test_the_report_of_a_known_failure_stands_before_the_end_of_the_log(
    live: Callable[..., Story],
) -> None:
    raising = "RuntimeError: Not enough memory. Please try to increase --mem-fraction-static."
    story = live("--exit-early", "3", "--raising", raising)
    with pytest.raises(Failure, match=r"\[pool-too-small\]"):
        story.runtime.start()
    detail = story.events[-1].detail
    assert detail.index("write memory.mem_fraction_static: a larger share") < detail.index(raising)


def test_a_death_is_told_before_the_rest_is_buried(live: Callable[..., Story]) -> None:
    """Killed processes may take seconds to give back a GPU's memory: nobody waits for that."""
    story = live("--children", "sglang::scheduler", "sglang::detokenizer", "--stray")
    assert story.runtime.start()
    alive: list[int] = []

    def note(event: Event) -> None:
        if event.phase == "ended":
            alive.extend(relatives(story.marker))
        story.events.append(event)

    story.runtime._timeline._emit = note
    os.kill(titled("sglang::detokenizer", story.marker), signal.SIGKILL)
    said = r"sglang::detokenizer .* killed by SIGKILL \(9\); .* \[killed-[a-z-]+\]$"
    with pytest.raises(Failure, match=said):
        story.runtime.watch()
    assert story.events[-1].detail[0].startswith("cause: ")
    assert "[deployer] killed by SIGKILL, " in story.log.read_text()
    assert len(alive) >= 2, "the scheduler and the stray one"
    assert story.phases()[-2:] == ["serving/failed", "ended/failed"]
    assert story.runtime.stop() is None
    assert not relatives(story.marker)


def test_a_watch_that_fails_itself_ends_the_engine_and_says_so(live: Callable[..., Story]) -> None:
    story = live()
    assert story.runtime.start()

    def broken() -> None:
        raise ZeroDivisionError

    story.runtime._guard = broken  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        story.runtime.watch()
    assert story.events[-1].message == "the runtime itself failed: ZeroDivisionError"
    assert story.runtime.stop() is None
    assert not relatives(story.marker)


def test_an_early_end_is_told_at_once(live: Callable[..., Story]) -> None:
    story = live("--exit-early", "3", health_interval=600, startup=1000)
    with pytest.raises(Failure, match="ended"):
        story.runtime.start()
    took = story.events[-1].time - story.events[0].time
    assert took < 300, "it waited for the next look"
    assert "the last words" in story.events[-1].detail


@pytest.mark.parametrize(
    ("flags", "budgets", "message"),
    [
        (("--bind-after", "600"), {"startup": 1}, "not healthy within 1 s; .*: nothing listens"),
        (("--answer", "never"), {"warmup": 0.5}, "'chat' had no answer in 0.5 s"),
    ],
)
def test_budgets_hold(
    live: Callable[..., Story], flags: tuple[str, ...], budgets: dict[str, float], message: str
) -> None:
    with pytest.raises(Failure, match=message):
        live(*flags, **budgets).runtime.start()


def test_a_load_that_takes_too_long_is_told_by_its_last_answer(
    live: Callable[..., Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The budget is over when a second look begins, so that the first has had its answer."""
    looks: list[str] = []
    ask_health = ready.ask_health

    def look(url: str, timeout: float) -> str:
        looks.append(url)
        return ask_health(url, timeout)

    monkeypatch.setattr("deployer.serve.ready.ask_health", look)
    story = live("--load", "600", startup=1000)
    story.runtime._clock = lambda: time.monotonic() + (1000 if len(looks) > 1 else 0)
    with pytest.raises(Failure, match=r"not healthy within 1000 s; .*: status 503"):
        story.runtime.start()


def test_a_command_that_does_not_exist(live: Callable[..., Story], tmp_path: Path) -> None:
    story = live()
    object.__setattr__(story.release.engine, "command", (str(tmp_path / "no-such-engine"),))
    with pytest.raises(Failure, match="exit code 127"):
        story.runtime.start()
    assert any("no-such-engine" in line for line in story.events[-1].detail)


@pytest.mark.parametrize(
    ("key", "message"),
    [("", "is not set"), ("short", "5 characters"), (f"{KEY}\n", "a space, a control")],
)
def test_a_bad_key_is_refused(live: Callable[..., Story], key: str, message: str) -> None:
    story = live()
    story.runtime._ring = KeyRing(VARIABLE, {VARIABLE: key})
    with pytest.raises(Failure, match=message):
        story.runtime.start()
    assert story.phases() == ["launch/started", "launch/failed", "ended/failed"]
    assert not story.log.exists()


def test_a_second_config_is_refused(live: Callable[..., Story]) -> None:
    with pytest.raises(Failure, match="passes --config"):
        live("--config").runtime.start()


def test_a_taken_port_is_named(live: Callable[..., Story]) -> None:
    port = free_port()
    with stranger(port) as other:
        story = live(port=port)
        with pytest.raises(Failure, match=f"port {port} .* taken by process {other.pid} "):
            story.runtime.start()


def test_a_stranger_on_the_port_is_never_the_engine(live: Callable[..., Story]) -> None:
    """The other server answers 200 to everything; ours cannot bind, and lingers."""
    story = live("--bind-after", "10", health_interval=0.2)
    failed: list[str] = []

    def run() -> None:
        try:
            story.runtime.start()
        except Failure as failure:
            failed.append(failure.message)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: "launch/done" in story.phases())
    running = story.runtime._running
    assert running is not None
    with stranger(running.inside.port) as other:
        thread.join()
    assert "serving/started" not in story.phases()
    assert f"answered by process {other.pid} " in failed[0]


@pytest.mark.parametrize("victim", ["sglang::detokenizer", "engine"])
def test_a_death_is_seen_at_once(
    live: Callable[..., Story], victim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rings: whoever only looks now and then would not look before pytest ends the test."""
    monkeypatch.setattr(runtime_room, "REFRESH_EVERY", 3600.0)
    story = live("--children", "sglang::scheduler", "sglang::detokenizer", "--stray")
    assert story.runtime.start()
    running = story.runtime._running
    assert running is not None
    assert running._watcher is not None
    titles = {name.split()[0]: p.pid for p, name in running._watcher._titles.items()}
    assert sorted(titles) == ["sglang::detokenizer", "sglang::scheduler"]
    pid = titles.get(victim, story.pid())
    wait_for(lambda: "loaded" in running.log.tail())  # a busy machine reads it later than we look
    threading.Timer(0.1, lambda: os.kill(pid, signal.SIGKILL)).start()
    with pytest.raises(Failure, match=f"{victim}.*has ended: killed by SIGKILL"):
        story.runtime.watch()
    assert story.phases()[-1] == "ended/failed"
    assert "loaded" in story.events[-1].detail


def stream(story: Story, **options: object) -> requests.Response:
    return requests.post(
        f"http://127.0.0.1:{story.release.listen.port}/v1/chat/completions",
        json={"stream": True, **options},
        headers={"Authorization": f"Bearer {KEY}"},
        stream=True,
        timeout=PATIENCE,
    )


def test_a_request_in_flight_is_finished(live: Callable[..., Story]) -> None:
    story = live()
    assert story.runtime.start()
    with stream(story) as answer:
        chunks = answer.iter_lines()
        assert next(chunks) == b"data: 0"
        drained = story.runtime.stop()
        assert drained is not None
        assert drained.emptied is not None
        assert (drained.emptied.had, drained.emptied.cut) == (1, ())
        assert list(chunks)[-2] == b"data: [DONE]"
    assert "1 requests in flight were answered" in drained.message()


@pytest.mark.parametrize("how", ["SIGTERM", "KeyboardInterrupt"])
def test_a_stop_at_the_very_end_of_the_start_is_a_drain(
    live: Callable[..., Story], how: str
) -> None:
    """The door is open by then: whoever came in is answered."""
    story = live()
    answers: list[requests.Response] = []

    def note(event: Event) -> None:
        story.events.append(event)
        if (event.phase, event.state) != ("serving", "started"):
            return
        answers.append(wait_for(lambda: let_in(story)))
        story.runtime.request_stop()
        if how == "KeyboardInterrupt":
            raise KeyboardInterrupt

    story.runtime._timeline._emit = note
    if how == "KeyboardInterrupt":
        with pytest.raises(KeyboardInterrupt):
            story.runtime.start()
    else:
        assert story.runtime.start()
        story.runtime.watch()
        reading = threading.Thread(target=lambda: answers[0].content)
        reading.start()
        story.runtime.stop()
        reading.join()
    assert b"[DONE]" in answers[0].content
    done = next(e for e in story.events if (e.phase, e.state) == ("drain", "done"))
    assert "1 requests in flight were answered" in done.message
    assert story.phases()[-1] == "ended/done"


def let_in(story: Story) -> requests.Response | None:
    """Begin a stream; None where the door has not yet been told that it is open."""
    answer = stream(story)
    return answer if answer.ok else None


def test_whoever_is_cut_is_counted_and_named(live: Callable[..., Story]) -> None:
    story = live("--tokens", "100000", drain=0.2)
    assert story.runtime.start()
    with stream(story) as answer:
        chunks = answer.iter_lines()
        assert next(chunks) == b"data: 0"
        drained = story.runtime.stop()
        assert drained is not None
        assert drained.emptied is not None
        (cut,) = drained.emptied.cut
        assert cut.id == answer.headers["X-Request-Id"]
        assert cut.route == "/v1/chat/completions"
        assert cut.bytes > 0
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(chunks)
    done = next(e for e in story.events if (e.phase, e.state) == ("drain", "done"))
    assert f"1 of 1 requests were cut off: {cut.id} (/v1/chat/completions, " in done.message


def test_an_engine_that_ignores_sigterm_is_killed(live: Callable[..., Story]) -> None:
    story = live("--ignore-sigterm", "--stray", "--children", "sglang::scheduler")
    assert story.runtime.start()
    drained = story.runtime.stop()
    assert drained is not None
    assert not drained.by_itself
    assert drained.killed == 3
    assert "no request was in flight, 3 processes of the engine killed" in drained.message()


def test_a_second_request_to_stop_does_not_wait(live: Callable[..., Story]) -> None:
    story = live("--tokens", "100000", drain=600)
    assert story.runtime.start()
    with stream(story) as answer:
        chunks = answer.iter_lines()
        assert next(chunks) == b"data: 0"
        story.runtime.request_stop()
        story.runtime.watch()
        threading.Timer(0.2, story.runtime.request_stop).start()
        began = time.monotonic()
        drained = story.runtime.stop()
    assert drained is not None
    assert drained.emptied is not None
    assert len(drained.emptied.cut) == 1
    assert time.monotonic() - began < 300, "it waited for the drain"


def test_another_thread_may_stop_it(live: Callable[..., Story]) -> None:
    story = live()
    assert story.runtime.start()
    threading.Timer(0.1, story.runtime.stop).start()
    story.runtime.watch()
    wait_for(lambda: story.phases()[-1] == "ended/done")


def _when_launched(story: Story, act: Callable[[], object]) -> threading.Thread:
    """Do something, in another thread, once the engine is a process."""

    def wait_and_act() -> None:
        wait_for(lambda: "load/started" in story.phases())
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


def _ignores_sigterm(pid: int) -> bool:
    """Whether a process has come to where it ignores it (`proc_pid_status(5)`)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def test_a_stop_ends_the_start(live: Callable[..., Story]) -> None:
    story = live("--load", "600", "--ignore-sigterm")

    def stop() -> None:
        wait_for(lambda: _ignores_sigterm(story.pid()))
        story.runtime.request_stop()

    _when_launched(story, stop)
    assert not story.runtime.start()
    drained = story.runtime.stop()
    assert drained is not None
    assert (drained.emptied, drained.killed) == (None, 1), "nobody's requests were waited for"
    assert "serving/started" not in story.phases()
    assert story.phases()[-1] == "ended/done"


def test_another_thread_may_stop_the_start(live: Callable[..., Story], marker: str) -> None:
    story = live("--load", "600")
    stopping = _when_launched(story, story.runtime.stop)
    assert not story.runtime.start()
    stopping.join()
    assert story.phases()[-1] == "ended/done"
    assert not relatives(marker)


def test_the_wait_is_told_now_and_then(
    live: Callable[..., Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "REPORT_EVERY", 0.2)
    story = live("--load", "1")
    assert story.runtime.start()
    told = [e for e in story.events if (e.phase, e.state) == ("load", "progress")]
    assert told
    assert all(
        re.fullmatch(r"(?:start|import)ing the engine, \d+ of \d+ s", e.message) for e in told
    )
    assert all(b.seconds - a.seconds > 0.1 for a, b in pairwise(told))


def test_where_nobody_can_tell_who_listens_it_says_so(
    live: Callable[..., Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "can_tell", lambda: False)
    story = live()
    assert story.runtime.start()
    done = next(e for e in story.events if (e.phase, e.state) == ("load", "done"))
    assert done.message == "healthy (this system does not tell who listens on the port)"


def test_no_warm_up_goes_to_who_took_the_port_meanwhile(
    live: Callable[..., Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key travels with each of them, so each is preceded by a look at who listens."""
    looks: list[int] = []

    def taken(port: int, pids: object) -> None:
        del pids
        looks.append(port)
        if len(looks) == 3:  # the engine's memory was asked about before
            message = f"port {port} is answered by another"
            raise Failure(message)

    monkeypatch.setattr(runtime_room, "refuse_stranger", taken)
    story = live()
    with pytest.raises(Failure, match="is answered by another"):
        story.runtime.start()
    asked = [e for e in story.events if (e.phase, e.state) == ("warmup", "progress")]
    assert len(asked) == 1


def test_a_flood_does_not_stop_it(live: Callable[..., Story], tmp_path: Path) -> None:
    with (tmp_path / "engine.log").open("wb") as log:
        log.truncate(56 * 1024 * 1024)  # so far: a third of the flood fits
    story = live("--flood-mib", "24")
    assert story.runtime.start()
    wait_for(lambda: story.log.read_bytes().endswith(b"loaded\n"))
    assert (story.folder / "engine.log.1").exists()
    assert story.log.stat().st_size <= 64 * 1024 * 1024


def test_a_full_disk_and_a_stuck_stream_do_not_stop_it(
    live: Callable[..., Story], tmp_path: Path
) -> None:
    (tmp_path / "engine.log").symlink_to("/dev/full")
    reader, writer = os.pipe()
    with open(writer, "wb", buffering=0) as stuck:  # noqa: PTH123 - a descriptor
        story = live("--flood-mib", "16", stream=stuck)
        assert story.runtime.start()
        running = story.runtime._running
        assert running is not None
        wait_for(lambda: any("No space left on device" in line for line in running.log.tail()))
        os.close(reader)
        assert story.runtime.stop()


STRANGER = """
import http.server, sys
class Yes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Yes)
print("up", flush=True)
server.serve_forever()
"""


class stranger:  # noqa: N801 - a context manager
    """Somebody else's server, which calls itself healthy."""

    def __init__(self, port: int) -> None:
        words = [sys.executable, "-I", "-S", "-c", STRANGER, str(port)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"up\n"

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
