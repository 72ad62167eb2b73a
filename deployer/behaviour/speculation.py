"""What drafts, and how many tokens of it."""

from __future__ import annotations

from deployer.behaviour.subject import Decision, Subject

ALGORITHM = "--speculative-algorithm"
EAGLE = frozenset({"EAGLE", "EAGLE3", "NEXTN"})


def eagle(subject: Subject) -> Decision[str]:
    """Give the algorithm of speculation by the checkpoint's or a model's own draft; else empty."""
    found = subject.said.option(ALGORITHM)
    if found is not None and found.value in EAGLE:
        return Decision(found.value, found.source)
    return subject.decided("", ALGORITHM, "speculative.algorithm", "no draft is asked for")
