"""A chart of points and lines, as SVG that needs nothing beside itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 30, 16, 46
"""Pixels of the picture, and of its margins."""

LETTER, LINE = 7, 12
"""Pixels that a sign of a label takes at most, across and up."""

TICKS = 5
"""About how many marks an axis has."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point: where it is, what stands beside it, and what a pointer over it is told."""

    x: float
    y: float
    label: str
    told: str


@dataclass(frozen=True, slots=True)
class Series:
    """Marks that belong together: a name, a CSS class, and whether a line joins them."""

    name: str
    style: str
    marks: tuple[Mark, ...]
    joined: bool = True


def svg(series: Sequence[Series], across: str, up: str) -> str:
    """Draw series over two axes that begin at 0, the first one on top; every text is escaped.

    A label that would lie on another one is left out: a pointer over the mark is told it.
    """
    shown = [each for each in series if each.marks]
    widest = max((mark.x for each in shown for mark in each.marks), default=1.0) or 1.0
    highest = max((mark.y for each in shown for mark in each.marks), default=1.0) or 1.0
    scale = _Scale(widest * 1.05, highest * 1.08)
    title = escape(f"{up}, against {across}")
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">']
    parts += [*_axes(scale, across, up)]
    for each in reversed(shown):
        parts += [*_drawn(each, scale)]
    parts += [*_labels(shown, scale)]
    return "\n".join([*parts, "</svg>"])


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a value is in the picture."""

    widest: float
    highest: float

    def x(self, value: float) -> float:
        return round(LEFT + value / self.widest * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value / self.highest * (HEIGHT - TOP - BOTTOM), 1)


def _axes(scale: _Scale, across: str, up: str) -> Iterator[str]:
    right, low = WIDTH - RIGHT, HEIGHT - BOTTOM
    for value in ticks(scale.highest):
        at = scale.y(value)
        yield f'<line class="grid" x1="{LEFT}" y1="{at}" x2="{right}" y2="{at}"/>'
        yield _tick(LEFT - 6, at + 4, "end", value)
    for value in ticks(scale.widest):
        at = scale.x(value)
        yield f'<line class="grid" x1="{at}" y1="{TOP}" x2="{at}" y2="{low}"/>'
        yield _tick(at, low + 16, "middle", value)
    middle = (LEFT + right) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
    turned = f'transform="rotate(-90 14 {HEIGHT / 2})"'
    yield f'<text x="14" y="{HEIGHT / 2}" text-anchor="middle" {turned}>{escape(up)}</text>'


def _tick(x: float, y: float, anchor: str, value: float) -> str:
    return f'<text class="tick" x="{x}" y="{y}" text-anchor="{anchor}">{value:,.10g}</text>'


def _drawn(series: Series, scale: _Scale) -> Iterator[str]:
    places = [(scale.x(mark.x), scale.y(mark.y), mark) for mark in series.marks]
    if series.joined and len(places) > 1:
        path = " ".join(f"{x},{y}" for x, y, _ in places)
        yield f'<polyline class="{series.style}" points="{path}"/>'
    for x, y, mark in places:
        told = escape(f"{series.name}, {mark.told}")
        circle = f'<circle class="{series.style}" cx="{x}" cy="{y}" r="4">'
        yield f"{circle}<title>{told}</title></circle>"


def _labels(shown: Sequence[Series], scale: _Scale) -> Iterator[str]:
    taken: list[tuple[float, float, float]] = []
    for mark in (mark for each in shown for mark in each.marks):
        x, y = round(scale.x(mark.x) + 6, 1), round(scale.y(mark.y) - 6, 1)
        wide = LETTER * len(mark.label)
        if any(x < to and at < x + wide and abs(y - up) < LINE for at, to, up in taken):
            continue
        taken.append((x, x + wide, y))
        yield f'<text class="tick" x="{x}" y="{y}">{escape(mark.label)}</text>'


def ticks(largest: float) -> list[float]:
    """Give round values from 0 up to the largest, about :data:`TICKS` of them."""
    rough = largest / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    return [round(at * step, 10) for at in range(int(largest / step) + 1)]
