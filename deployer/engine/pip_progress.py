"""Reads pip's output line by line, as progress: text and a fraction."""

from dataclasses import dataclass

from deployer.late import compile_pattern

_COLLECTING = compile_pattern(
    r"^(?:Collecting|Processing \S*/)\s*([A-Za-z0-9._]+(?:-(?!\d)[A-Za-z0-9._]+)*)"
)
"""A package from an index, or a wheel from a directory of PIP_FIND_LINKS, up to its version."""

_DOWNLOADING = compile_pattern(r"^\s+(?:Downloading|Using cached) (\S+)(?: \((.+?)\))?$")
_INSTALLING = compile_pattern(r"^Installing collected packages: (.+)$")

_COLLECTED_SHARE = 0.6
"""The part of the time that goes into collecting; unpacking 1.6 GB takes the rest (measured)."""


@dataclass
class PipProgress:
    """Counts the packages of one pip run, out of ``total`` packages of the whole environment.

    ``before`` of them were collected by earlier runs, ``here`` are this run's. ``begin`` and
    ``end`` are the fractions between which this run moves.
    """

    total: int
    before: int
    here: int
    begin: float
    end: float
    collected: int = 0
    name: str = ""

    def read(self, line: str) -> tuple[str, float] | None:
        """Read one line; the progress it means, or None where it means none."""
        if match := _COLLECTING.match(line):
            self.collected += 1
            self.name = match[1]
            return f"Collecting {self.name}, {self._counter()}", self._fraction()
        if match := _DOWNLOADING.match(line):
            size = f" ({match[2]})" if match[2] else ""
            return f"Downloading {self.name}{size}, {self._counter()}", self._fraction()
        if match := _INSTALLING.match(line):
            count = len(match[1].split(","))
            word = "package" if count == 1 else "packages"
            return f"Unpacking {count} {word}", self._between(_COLLECTED_SHARE)
        return None

    def _counter(self) -> str:
        return f"{self.before + self.collected}/{self.total}"

    def _fraction(self) -> float:
        return self._between(_COLLECTED_SHARE * min(1.0, self.collected / self.here))

    def _between(self, share: float) -> float:
        return self.begin + (self.end - self.begin) * share
