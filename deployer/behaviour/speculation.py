"""What drafts, and how many tokens of it."""

from __future__ import annotations

from deployer.behaviour.stated import is_on
from deployer.behaviour.subject import Decision, Subject

ALGORITHM = "--speculative-algorithm"
SPEC_V2 = "SGLANG_ENABLE_SPEC_V2"
EAGLE = frozenset({"EAGLE", "EAGLE3", "NEXTN"})


def eagle(subject: Subject) -> Decision[str]:
    """Give the algorithm of speculation by the checkpoint's or a model's own draft; else empty."""
    found = subject.said.option(ALGORITHM)
    if found is not None and found.value in EAGLE:
        return Decision(found.value, found.source)
    return subject.decided("", ALGORITHM, "speculative.algorithm", "no draft is asked for")


def overlapped(subject: Subject) -> Decision[str]:
    """Give `on` where drafting overlaps with the CPU's work, `off`, or nothing without drafts.

    Source: 0.5.10.post1 and 0.5.11 ``srt/environ.py``, ``SGLANG_ENABLE_SPEC_V2``.
    """
    key = f"engine.env.{SPEC_V2}"
    if not subject.said.has(ALGORITHM):
        return Decision("", key, "no draft is asked for")
    said = subject.said.variable(SPEC_V2)
    if said is not None:
        return Decision("on" if is_on(said) else "off", said.source)
    serial = subject.said.option("--disable-overlap-schedule")
    if serial is not None:
        return Decision("off", serial.source)
    return Decision("on" if subject.since("0.5.11") else "off", key, "0.5.11 srt/environ.py")
