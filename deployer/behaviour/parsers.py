"""What stands behind the name of a parser."""

from __future__ import annotations

from deployer.behaviour.subject import Decision, Subject

REASONING = "--reasoning-parser"


def reasoning_detector(subject: Subject) -> Decision[str]:
    """Give what `glm45` means: it had another parser's rules before it got its own.

    Source: 0.5.9 and 0.5.10 ``parser/reasoning_parser.py``.
    """
    key = "serving.reasoning_parser"
    if subject.said.value(REASONING) != "glm45":
        return subject.decided("", REASONING, key, "another parser")
    own = "one of its own" if subject.since("0.5.10") else "Qwen3's"
    return subject.decided(own, REASONING, key, "0.5.10 parser/reasoning_parser.py")
