"""What an engine died of, as a value that travels: from its log to whoever asks."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.diagnose.signature import Write


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The first cause that a log tells.

    ``name`` is that of the signature, '' where none fits: then ``said``, the first exception, is
    all that is known. ``who`` (``Scheduler``) and ``rank`` (``DP0 TP3``) are those that told it,
    ``at`` is the moment as the engine wrote it, ``stage`` the one of its start (``weights``),
    ``where`` the innermost place in the engine, ``line`` the number of the line in the log.

    ``proven`` is whether the log says that a process ended of this: otherwise it is only the last
    exception before the end. ``symptom`` is whether it is what others suffer from a failure of
    which the log tells nothing. ``followed`` counts those that failed after it.
    """

    name: str
    cause: str
    said: str
    who: str = ""
    rank: str = ""
    at: str = ""
    stage: str = ""
    where: str = ""
    line: int = 0
    proven: bool = True
    symptom: bool = False
    followed: int = 0
    writes: tuple[Write, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: how many lines, whether any is one of the engine's loggers, where they end.

    ``stage`` is '' where no line tells of one; ``stopped`` is whether the engine says that it was
    asked to stop. ``starts`` counts engines that began to write, one after another, and ``earlier``
    is what the newest of those before the last one died of. ``cut`` is whether the engine says that
    a process ended, and the log does not hold of what.
    """

    lines: int
    recognized: bool
    stage: str
    stopped: bool
    starts: int = 0
    earlier: Diagnosis | None = None
    cut: bool = False
