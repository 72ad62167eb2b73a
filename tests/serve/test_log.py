"""The log keeps the end of everything in bounded memory, and files in bounded size."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from deployer.serve.log import LINE_LIMIT, EngineLog, Tail
from deployer.serve.redact import RedactedStream, Redactor
from deployer.serve.sink import RotatingFile, Sink

from .living import wait_for

if TYPE_CHECKING:
    from pathlib import Path


def len_is(things: list[bytes], size: int) -> bool:
    return len(things) == size


def test_the_tail_is_the_last_lines() -> None:
    tail = Tail(3)
    tail.feed(b"1\n2\n3\n4")
    tail.feed(b"4\n\n5\r6\xff")
    assert tail.lines() == ("3", "44", "5", "6�")
    assert tail.last() == "6�"


def test_the_tail_is_bounded_and_printable() -> None:
    tail = Tail(2)
    for _ in range(100):
        tail.feed(b"x" * 100_000)
    tail.feed(b"\n\x1b[31mred\x1b[0m\x07 \x1b]0;title\x07text\n")
    assert tail.lines() == ("x" * LINE_LIMIT + " [...]", "red text")


def bar(done: int, of: int = 40) -> bytes:
    return b"\rLoading shards: %3d%%|##        | %d/%d [00:09<01:00,  2.1s/it]" % (
        100 * done // of, done, of,
    )  # fmt: skip


def test_of_all_progress_bars_the_newest_stays_among_what_tells() -> None:
    """Written as tqdm does, of which a failed start's last 40 lines once were 39."""
    tail = Tail(4)
    tail.feed(b"one\ntwo\n")
    for done in range(20):
        tail.feed(bar(done))
    assert tail.lines() == (
        "one",
        "two",
        "Loading shards:  47%|##        | 19/40 [00:09<01:00,  2.1s/it]",
    )
    tail.feed(
        b"[2026-11-29 09:03:45] Scheduler hit an exception: Traceback (most recent call last):\n"
    )
    tail.feed(
        b"".join(bar(done) for done in range(20, 30)) + b"\x1b[A\n\r  0%|          | 0/58 [00:00<?"
    )
    assert tail.lines() == (
        "one",
        "two",
        "[2026-11-29 09:03:45] Scheduler hit an exception: Traceback (most recent call last):",
        "  0%|          | 0/58 [00:00<?",
    )
    tail.feed(b", ?it/s]ValueError: no\r 3it [00:01, 2.0it/s]\nRuntimeError: 5% of it | all\n")
    assert tail.lines()[1:] == (
        "ValueError: no",
        " 3it [00:01, 2.0it/s]",
        "RuntimeError: 5% of it | all",
    )


def test_a_file_is_rotated_between_lines(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "deep" / "log", rotate_at=25)
    for _ in range(5):
        file.write(b"0123456789\n0123456789\n")
    file.write(b"y" * 30)
    file.close()
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["log", "log.1"]
    assert (tmp_path / "deep" / "log.1").read_bytes() == b"y" * 25
    assert (tmp_path / "deep" / "log").read_bytes() == b"y" * 5


def test_a_file_that_cannot_be_opened_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Failure, match="cannot write the log file"):
        RotatingFile(tmp_path / "file" / "log")


def test_a_slow_sink_drops_and_says_so() -> None:
    go = threading.Event()
    written: list[bytes] = []

    def write(data: bytes) -> None:
        go.wait(250)
        written.append(data)

    sink = Sink("it", write, 100, print)
    for _ in range(50):
        sink.put(b"0123456789")
    assert not sink.close(0.01)
    go.set()
    assert sink.close(250)
    assert b"bytes of log were dropped here" in written[-1]


def test_an_error_is_told_once_and_writing_goes_on() -> None:
    told: list[str] = []
    written: list[bytes] = []

    def write(data: bytes) -> None:
        if len(written) < 3:
            written.append(b"")
            raise OSError(28, "No space left on device")
        written.append(data)

    sink = Sink("the disk", write, 100, told.append)
    for size in range(1, 5):
        sink.put(b"%d" % size)
        wait_for(partial(len_is, written, size))
    assert sink.close(10)
    assert told == ["cannot write the disk: No space left on device; the engine goes on"]
    assert written[-1] == b"4"


def test_a_writer_that_never_ends_does_not_keep_the_log_open(tmp_path: Path) -> None:
    log = EngineLog(tmp_path / "log", Redactor([]))
    reader, writer = os.pipe()
    log.follow(reader)
    os.write(writer, b"no line end")
    wait_for(log.last)
    log.close()
    assert log.tail() == ("no line end",)
    assert (tmp_path / "log").read_bytes() == b"no line end"
    os.close(reader)
    os.close(writer)


class Starved(RedactedStream):
    """What takes the reader of a log longer than all else, as where it gets no processor."""

    def feed(self, data: bytes) -> bytes:
        time.sleep(0.3)
        return super().feed(data)


def test_what_the_dead_said_is_waited_for_as_long_as_its_reader_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    redactor = Redactor([])
    monkeypatch.setattr(redactor, "stream", lambda: Starved(redactor))
    log = EngineLog(tmp_path / "log", redactor)
    reader, writer = os.pipe()
    os.write(
        writer,
        b"[2026-01-01 00:00:00] Scheduler hit an exception: Traceback (most recent call last):\n"
        b'  File "x.py", line 1, in y\ntorch.OutOfMemoryError: CUDA out of memory.\n',
    )
    log.follow(reader)
    log.settle()
    assert log.last() == "torch.OutOfMemoryError: CUDA out of memory."
    assert log.diagnosis() is not None
    os.close(writer)
    log.close()
    os.close(reader)


def test_who_goes_on_writing_holds_up_nobody_who_waits_for_what_is_there(tmp_path: Path) -> None:
    log = EngineLog(tmp_path / "log", Redactor([]))
    reader, writer = os.pipe()
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            os.write(writer, b"x" * 4095 + b"\n")

    stray = threading.Thread(target=flood)
    log.follow(reader)
    stray.start()
    began = time.monotonic()
    log.settle(500)
    took = time.monotonic() - began
    over.set()
    stray.join()
    os.close(writer)
    log.close()
    os.close(reader)
    assert took < 400


def test_what_was_put_is_waited_for() -> None:
    go, written = threading.Event(), list[bytes]()

    def write(data: bytes) -> None:
        go.wait(250)
        written.append(data)

    sink = Sink("it", write, 100, print)
    sink.put(b"one")
    sink.settle(0.01)
    assert not written
    sink.put(b"two")
    threading.Timer(0.1, go.set).start()
    sink.settle(250)
    assert b"".join(written) == b"onetwo"
    assert sink.close(250)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"", ""),
        (b"Load it\n/x/y.py:12: FutureWarning: old\n  warnings.warn(\n", "Load it"),
        (b"/x/y.py:12: UserWarning: old\n  warnings.warn(\n", "only warnings so far"),
        (
            (b"Load it\n/x/quant_api.py:1731: SyntaxWarning: invalid escape sequence '\\.'\n"
            b'  """Configuration class for applying different configs\n'),
            "Load it",
        ),
        (b"Traceback (most recent call last):\n  File 'x', line 1\nValueError: x", "ValueError: x"),
        (b"one\nTraceback (most recent call last):\n  File 'x', line 1\n    f()\n", "one"),
    ],
)  # fmt: skip
def test_the_line_that_is_shown_says_where_the_engine_stands(text: bytes, shown: str) -> None:
    tail = Tail()
    tail.feed(text)

    assert tail.last() == shown
