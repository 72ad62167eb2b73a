"""One line of an engine's log: who wrote it, when, and what it says.

SGLang's loggers write ``[2026-10-30 06:54:55 DP1 TP4 EP4] text`` (``configure_logger``,
``run_scheduler_process`` in ``srt/managers/scheduler.py``, 0.5.9 to 0.5.23); the ranks are there
where there is more than one. PyTorch puts ``[rank4]:`` before an exception that nobody caught.
Before all of that stands what carried the log: a container runtime's, a CI's or a cluster's word.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.late import compile_pattern

LIMIT = 2000
"""Characters of a line that are read; the rest says nothing of a cause."""

ESCAPES = compile_pattern(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
"""Terminal escapes: ECMA-48 CSI, OSC, and the short ones."""

CARRIED = compile_pattern(
    r"(?:"
    r"(?:(?:INFO|ERROR|WARNING|DEFAULT) )?"
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
    r"(?: std(?:out|err) [FP])?(?: |$)"  # Kubernetes, GitHub Actions, a cloud's log
    r"|[A-Za-z0-9][\w.-]* +\|(?: |$)"  # docker compose
    r"|\([A-Za-z]\w* pid=\d+(?:, ip=[\d.]+)?\)(?: |$)"  # Ray
    r")"
)

PREFIX = compile_pattern(
    r"\[(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,]\d+)?"
    r"(?P<rank>(?: [A-Z][A-Z_]*\d+)*)(?: [a-z_]+(?:\[\d+\])?)?\] ?"
)

BAR = compile_pattern(r".*?(?:\d+%(?: Completed )?\|[^\[]*|\d+it (?=\[))(?:\[[^\]]*(?:\] ?|$))?")
"""A progress bar as ``tqdm`` draws it: ``12%|#2   | 5/40 [00:00<00:03, 11.60it/s]``, and
``5it [00:01, 4.2it/s]`` where it does not know how many there are. It writes no line end before
what comes next, be it another bar or why something failed; the last one may be cut."""

BARS = ("%|", "% Completed |", "it [")
"""One of which is in every bar: a look for them is quicker than the pattern."""

TORCH = compile_pattern(r"\[rank(?P<rank>\d+)\]: ?")


@dataclass(frozen=True, slots=True)
class Line:
    """A line without what carried it.

    ``at`` is the moment as the engine wrote it (``2026-10-30 06:54:55``), '' where it wrote none;
    ``rank`` is ``DP1 TP4`` or ``rank 4``, '' where it is not said.
    """

    text: str
    rank: str = ""
    at: str = ""

    @property
    def logged(self) -> bool:
        """Whether one of the engine's loggers wrote it: then it begins something new."""
        return bool(self.at)


def parse(raw: str) -> Line:
    """Read one line, without its end."""
    text = ESCAPES.sub("", raw[:LIMIT]).expandtabs(4).rstrip()
    while found := CARRIED.match(text):
        text = text[found.end() :]
    text = unbarred(text)
    if found := PREFIX.match(text):
        return Line(text[found.end() :], found["rank"].strip(), found["at"])
    if found := TORCH.match(text):
        return Line(text[found.end() :], f"rank {found['rank']}")
    return Line(text)


def unbarred(text: str) -> str:
    """Give what is left of a line without the progress bars that it begins with; '' of a bar."""
    while any(each in text for each in BARS) and (found := BAR.match(text)):
        text = text[found.end() :]
    return text
