"""The form of what is said about a finding that no check makes."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.finding import Severity


@dataclass(frozen=True, slots=True)
class Told:
    """An id, how bad it is, and its text in the form of a check's docstring.

    In an example ``<U+FEFF>`` stands for that character, and ``<0xE9>`` for a byte that is no
    UTF-8.
    """

    name: str
    text: str
    severity: Severity = Severity.ERROR
