"""Prometheus' text format, read: samples with their labels.

https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>(?:[^\"}]|\"(?:\\.|[^\"\\])*\")*)\})?"
    r"\s+(?P<value>\S+)(?:\s+-?\d+)?\s*"
)
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?P<value>(?:\\.|[^"\\])*)"\s*,?')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a name, its labels, its value."""

    name: str
    labels: Mapping[str, str]
    value: float


class NotMetricsError(ValueError):
    """A text is not Prometheus' format."""


def read(text: str) -> tuple[Sample, ...]:
    """Read every sample of a text; raises :class:`NotMetricsError` for a line that is none."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            found.append(_sample(line, number))
    return tuple(found)


def _sample(line: str, number: int) -> Sample:
    found = _SAMPLE.fullmatch(line)
    labels = _labels(found["labels"] or "") if found else None
    value = _number(found["value"]) if found else None
    if found is None or labels is None or value is None:
        msg = f"line {number} is no sample of a metric"
        raise NotMetricsError(msg)
    return Sample(found["name"], labels, value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _labels(text: str) -> dict[str, str] | None:
    labels: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        found = _LABEL.match(text, at)
        if found is None:
            return None
        labels[found["name"]] = _ESCAPE.sub(lambda c: {"n": "\n"}.get(c[1], c[1]), found["value"])
        at = found.end()
    return labels


def of(samples: Iterable[Sample], name: str) -> list[Sample]:
    """Give the samples of a name."""
    return [sample for sample in samples if sample.name == name]
