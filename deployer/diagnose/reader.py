"""Reading a log as a stream, and keeping the first cause among all ranks and threads.

Memory is bounded: one open traceback, at most three kept causes, and a count of the rest. What
comes after the first cause cannot displace it, however much it is.
"""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.diagnose.block import OPENING, Block
from deployer.diagnose.catalogue import OUTSIDE, SIGNATURES
from deployer.diagnose.diagnosis import Diagnosis, Reading
from deployer.diagnose.line import LIMIT, Line, parse
from deployer.diagnose.stages import LIFE, ORDER, mark
from deployer.late import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.diagnose.signature import Signature
    from deployer.diagnose.stages import Mark

HIT = compile_pattern(
    r"(?P<who>[A-Z][A-Za-z ]*) hit an exception: Traceback"
    r"|Exception in (?P<old>[A-Za-z_]\w*): ?(?:Traceback|$)"
    r"|Initialization failed\. warmup error: Traceback"
)
"""How SGLang says that a process of its own ends (``run_scheduler_process`` and its likes, and
``_execute_server_warmup``; ``Exception in run_tp_server`` before 0.4)."""

PROCESS = compile_pattern(r"Process \S*Process-\d+:$")
THREAD = compile_pattern(
    r"Exception in thread |Exception in ASGI application|Task exception was never"
)
"""What ends a thread or a request, and not the engine."""

WHAT = compile_pattern(r" *what\(\): +(?P<said>.*)")
"""What C++ says of an exception that ends the process (``std::terminate``)."""

RANK = compile_pattern(r"\bRank (\d+)\b")

FATAL = compile_pattern(r"Fatal Python error: (?P<said>.+)")
"""What :mod:`faulthandler` writes when a process dies in native code."""

DEATH = compile_pattern(
    r"Received sigquit from a child process|Subprocess \S+ \(pid=\d+\) crashed|"
    r"Rank \d+ scheduler (?:died|is dead)|terminate called after throwing"
)
"""What only an engine writes that comes to its end by itself."""

NOT_FAILURES = compile_pattern(r"(?:KeyboardInterrupt|SystemExit|GeneratorExit)\b")

BYTES = 4 * LIMIT
"""Bytes of a line that are kept: UTF-8 has up to four for a character."""

LOGGED = compile_pattern(rb"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^\]\n]*\] ")
"""A line as SGLang's loggers write it."""

TELLING = tuple(
    b"rror|xception|Traceback|what()|sigquit|crashed|died|dead|atchdog|Failed|FAILED|fatal|CRITICAL|"
    b"illed|NCCL|Xid|oom-kill|Process|terminate|server|Uvicorn|fired up|SIGTERM|batch|200 OK|Init |"
    b" hangs;| begin| end|DeepGEMM|autotune|allocated|NVCC".split(b"|")
)
"""Bytes of which every line has one that means anything here; a flood without them costs nothing
but a search."""


class Reader:
    """Reads an engine's log, in pieces of any size, and knows at any time what it tells.

    It may be fed by one thread and asked by another. ``on_mark`` is told each stage that a line
    tells, with the rank that wrote it.
    """

    def __init__(self) -> None:
        self.on_mark: Callable[[Mark, str], None] | None = None
        self._lock = threading.Lock()
        self._partial = b""
        self._lines = 0
        self._recognized = False
        self._block: Block | None = None
        self._before = Line("")
        self._starts = 0
        self._earlier: Diagnosis | None = None
        self._begin()

    def feed(self, data: bytes) -> None:
        """Take the next piece. Of a line that was written over, the last writing counts."""
        with self._lock:
            whole, end, rest = (self._partial + data).rpartition(b"\n")
            self._partial = _last(rest)
            if end:
                self._read(whole)

    def finish(self) -> None:
        """Take a last line that has no end."""
        with self._lock:
            rest, self._partial = self._partial, b""
            if rest:
                self._read(rest)

    def diagnosis(self, *, ended: bool = False) -> Diagnosis | None:
        """Give the first cause, or None where the log tells of none, since the last start.

        ``ended`` is what the log does not say: that the engine is known to be gone, unasked. Then
        an exception counts of which the log does not say that it ended anything.
        """
        with self._lock:
            return self._told(ended=ended)

    def _told(self, *, ended: bool) -> Diagnosis | None:
        first, symptom, weak = self._first, self._symptom, self._weak
        ranks, block = self._ranks, self._block
        if block is not None and block.whole:
            first, symptom, weak = self._placed(block, first, symptom, weak)
            ranks = ranks | ({block.rank} if block.rank and self._fatal(block) else set())
        if first is None and (symptom or (weak and (ended or self._dying))):
            outside = symptom is not None and symptom.name in OUTSIDE
            believed = weak and not weak.symptom and (weak.name or not outside)
            first = weak if believed else symptom or weak
        return replace(first, followed=len(ranks - {first.rank})) if first else None

    def reading(self) -> Reading:
        """Say what has been read so far."""
        with self._lock:
            return Reading(
                self._lines,
                self._recognized,
                self._stage,
                self._stopped,
                self._starts,
                self._earlier,
                self._cut or self._is_untold(),
            )

    @property
    def stage(self) -> str:
        """The stage of the engine's start that was told last; '' before any."""
        return self._stage

    def _begin(self) -> None:
        """Forget what an engine told, for the one that begins to write after it."""
        self._stage = ""
        self._stopped = False
        self._dying = False
        self._cut = False
        self._first: Diagnosis | None = None
        self._symptom: Diagnosis | None = None
        self._weak: Diagnosis | None = None
        self._ranks: set[str] = set()

    def _read(self, whole: bytes) -> None:
        lines = whole.count(b"\n") + 1
        self._recognized = self._recognized or bool(LOGGED.search(whole))
        if self._block is None and not any(word in whole for word in TELLING):
            self._lines += lines
            return
        for raw in whole.split(b"\n"):
            self._lines += 1
            if self._block is not None or any(word in raw for word in TELLING):
                self._line(parse(_last(raw.rstrip(b"\r")).decode(errors="replace")))

    def _line(self, line: Line) -> None:
        goes_on = self._block is not None and not line.logged and not HIT.match(line.text)
        if goes_on and self._block is not None and self._block.take(line.text):
            return
        self._close()
        self._block = self._opened(line)
        if self._block is None and not self._alone(line):
            self._stages(line)
        self._before = line

    def _opened(self, line: Line) -> Block | None:
        """Begin a traceback where this line does."""
        text = line.text
        hit = HIT.match(text)
        if not hit and not text.endswith(OPENING):
            return None
        process = PROCESS.match(self._before.text)
        thread = THREAD.match(self._before.text) or THREAD.match(text)
        return Block(
            who=(hit["who"] or hit["old"] or "the engine's own request") if hit else "",
            rank=line.rank or self._before.rank,
            at=line.at or self._before.at,
            line=self._lines,
            stage=self._stage,
            fatal=bool(hit) or (bool(process) and not thread),
        )

    def _close(self) -> None:
        block, self._block = self._block, None
        if block is not None and block.whole:
            self._first, self._symptom, self._weak = self._placed(
                block, self._first, self._symptom, self._weak
            )
            if self._fatal(block):
                self._note(block.rank)
        elif block is not None and self._is_cut(block):
            self._cut = True

    def _is_untold(self) -> bool:
        """Whether the log ends with the end of a process, and nothing that it could be of."""
        if self._block is not None and self._is_cut(self._block):
            return True
        return self._dying and not self._stopped and self._told(ended=False) is None

    def _is_cut(self, block: Block) -> bool:
        """Whether this is the end of a process, of which the log does not hold the exception."""
        return self._fatal(block) and not block.whole

    def _placed(
        self,
        block: Block,
        first: Diagnosis | None,
        symptom: Diagnosis | None,
        weak: Diagnosis | None,
    ) -> tuple[Diagnosis | None, Diagnosis | None, Diagnosis | None]:
        """Give what is known with this traceback: the first of each kind stays."""
        if NOT_FAILURES.match(block.exceptions[-1]):
            return first, symptom, weak
        found = _of_block(block)
        if not self._fatal(block):
            return first, symptom, weak or replace(found, proven=False)
        if found.symptom:
            return first, _sooner(symptom, found), weak
        return first or found, symptom, weak

    def _fatal(self, block: Block) -> bool:
        return block.fatal or block.uncaught()

    def _alone(self, line: Line) -> bool:
        """Take a line that tells of a failure by itself."""
        text = line.text
        if DEATH.match(text):
            self._dying = True
        said = WHAT.match(text) or FATAL.match(text)
        for signature in SIGNATURES:
            found = signature.in_line(text, self._stage)
            if not found and said:
                found = signature.in_exception(said["said"], [], self._stage)
            if found:
                self._keep(self._of_line(line, signature, found))
                return True
        if said:
            self._keep(self._of_line(line))
        return bool(said)

    def _of_line(
        self, line: Line, signature: Signature | None = None, found: re.Match[str] | None = None
    ) -> Diagnosis:
        rank = RANK.search(line.text)
        plain = Diagnosis(
            name="",
            cause="",
            said=line.text.strip(),
            rank=line.rank or (f"rank {rank[1]}" if rank else ""),
            at=line.at,
            stage=self._stage,
            line=self._lines,
        )
        return _named(plain, signature, found) if signature and found else plain

    def _keep(self, found: Diagnosis) -> None:
        if found.symptom:
            self._symptom = _sooner(self._symptom, found)
        else:
            self._first = self._first or found
        self._note(found.rank)

    def _note(self, rank: str) -> None:
        if rank:
            self._ranks.add(rank)

    def _stages(self, line: Line) -> None:
        told = mark(line.text)
        if told:
            if self.on_mark:
                self.on_mark(told, line.rank)
            if told.stage == ORDER[0]:
                self._start()
            later = told.begins and _later(told.stage, self._stage)
            self._stage = told.stage
            self._stopped = self._stopped or told.stage == "drain"
            if later:
                self._weak = None  # whoever wrote it has gone on
        elif LIFE.match(line.text):
            self._weak = None
            self._dying = False

    def _start(self) -> None:
        """Note that an engine begins; what the one before it died of is kept apart.

        An engine that refuses its own arguments dies before this line.
        """
        self._starts += 1
        if self._stage:
            self._earlier = self._told(ended=True) or self._earlier
            self._begin()


def _last(line: bytes) -> bytes:
    """Give what is left to be seen of a line that a carriage return writes over, as far as read."""
    return (line[:-1].rpartition(b"\r")[2] + line[-1:])[:BYTES]


def _sooner(known: Diagnosis | None, found: Diagnosis) -> Diagnosis:
    """Give the symptom that is believed: the first, but for one from outside, which explains it."""
    outside = found.name in OUTSIDE and (known is None or known.name not in OUTSIDE)
    return found if known is None or outside else known


def _later(stage: str, than: str) -> bool:
    return not than or ORDER.index(stage) > ORDER.index(than)


def _of_block(block: Block) -> Diagnosis:
    """Name the exception of a chain that is known; of several, the one that came first."""
    plain = Diagnosis(
        name="",
        cause="",
        said=block.exceptions[0],
        who=block.who,
        rank=block.rank,
        at=block.at,
        stage=block.stage,
        where=_where(block.frames),
        line=block.line,
    )
    for said in block.exceptions:
        for signature in SIGNATURES:
            if found := signature.in_exception(said, block.frames, block.stage):
                return _named(replace(plain, said=said), signature, found)
    return plain


def _named(plain: Diagnosis, signature: Signature, found: re.Match[str]) -> Diagnosis:
    return replace(
        plain,
        name=signature.name,
        cause=signature.told(signature.cause, found),
        symptom=signature.symptom,
        writes=tuple(
            replace(write, what=signature.told(write.what, found)) for write in signature.writes
        ),
        link=signature.link,
    )


def _where(frames: list[str]) -> str:
    """Give the innermost place in the engine itself, as far as its package tells."""
    for frame in reversed(frames):
        if "/sglang/" in frame:
            return "sglang/" + frame.rpartition("/sglang/")[2]
    return frames[-1] if frames else ""
