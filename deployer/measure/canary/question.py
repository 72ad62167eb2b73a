"""A question whose answer can be checked, and an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """A function that the model calls, and its arguments as it wrote them."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said: its text without its thinking, and its calls."""

    text: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and what a right answer is.

    ``kind`` is how it is checked: ``arithmetic`` (the last number is ``expected``), ``exact`` (it
    is ``expected``), ``json`` (a value that equals ``expected``), ``tool`` (the first call is
    ``expected``, a name and its arguments as JSON), ``code`` (a function of Python that gives the
    results in ``expected``). ``tools`` are names of functions that are offered. ``thinking`` asks
    for it, where the endpoint has it.
    """

    name: str
    kind: str
    text: str
    expected: str
    tools: tuple[str, ...] = ()
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Questions:
    """A set of questions under its name; ``parallel`` of them may be asked at a time."""

    name: str
    questions: tuple[Question, ...]
    max_tokens: int
    parallel: int = 8

    @property
    def digest(self) -> str:
        """Tell one set from another: only scores of the same one are compared."""
        text = json.dumps([asdict(each) for each in self.questions], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def kinds(self) -> Sequence[str]:
        """Give the kinds, in their order."""
        return tuple(dict.fromkeys(each.kind for each in self.questions))
