"""Inputs made from good ones: what people and programs get wrong, and what attackers write."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

TOKENS = (
    "", "\x00", "\x1b[2J", "\u202e", "\ufeff", "\ud800", "\u0663", "\u00b2", "\U0010ffff", "\r",
    "\n", "\t", " ", "'", '"', "`", "\\", "|", "#", "@", "&", "*", "!!python/object:os.system",
    "&a [*a]", "<<: *a", "? ", ": ", "- ", "---", "...", "{", "}", "[", "]", "${HOME}", "$(id)",
    "`id`", "<<EOF", "\\\n", "; ", " && ", "--", "-", "=", "--config", "--model-path", "--tp-size",
    "null", "true", "no", "1e400", "-1", "0", "1_000", "0x10", "1:30", ".inf", ".nan", "9" * 400,
    "9" * 5000, "a" * 5000, "../../x", "/proc/self/environ", "NaN", "1e-5", "2001-01-01", "~",
    "\\ud800", "[" * 100, '{"a":' * 100,
)  # fmt: skip
"""Pieces that readers of text have stumbled over."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", "x", "\ud800", "\x00", [], {}, [[]],
    [None], {"": None}, "9" * 50, float(2**60), ["a"] * 50, {"format_version": 1},
)  # fmt: skip


def text(rng: random.Random, seeds: Sequence[str]) -> str:
    """Make a text from one of ``seeds``, with one to eight changes."""
    found = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        found = rng.choice(CHANGES)(rng, found, seeds)
    return found[:200_000]


def value(rng: random.Random, good: Any) -> Any:
    """Change, drop or add something at a random place of a JSON value."""
    if isinstance(good, dict) and good and rng.random() < 0.85:
        key = rng.choice(list(good))
        changed = dict(good)
        match rng.randrange(12):
            case 0:
                del changed[key]
            case 1:
                changed[rng.choice(TOKENS)] = rng.choice(VALUES)
            case _:
                changed[key] = value(rng, good[key])
        return changed
    if isinstance(good, list) and good and rng.random() < 0.85:
        changed_list = list(good)
        at = rng.randrange(len(good))
        match rng.randrange(8):
            case 0:
                del changed_list[at]
            case 1:
                changed_list *= 2
            case _:
                changed_list[at] = value(rng, good[at])
        return changed_list
    if isinstance(good, str) and good and rng.random() < 0.5:
        return text(rng, [good])
    return rng.choice(VALUES)


def _cut(rng: random.Random, found: str, _seeds: Sequence[str]) -> str:
    start, end = sorted(rng.randrange(len(found) + 1) for _ in "ab")
    return found[:start] + found[end:]


def _insert(rng: random.Random, found: str, _seeds: Sequence[str]) -> str:
    at = rng.randrange(len(found) + 1)
    return found[:at] + rng.choice(TOKENS) + found[at:]


def _swap(rng: random.Random, found: str, _seeds: Sequence[str]) -> str:
    lines = found.splitlines(keepends=True)
    if len(lines) > 1:
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def _repeat(rng: random.Random, found: str, _seeds: Sequence[str]) -> str:
    lines = found.splitlines(keepends=True) or [found]
    at = rng.randrange(len(lines))
    return "".join([*lines[:at], *([lines[at]] * rng.choice((2, 3, 50))), *lines[at:]])


def _replace(rng: random.Random, found: str, _seeds: Sequence[str]) -> str:
    words = list(re.finditer(r"[^\s:=,]+", found))
    if not words:
        return found
    word = rng.choice(words)
    return found[: word.start()] + rng.choice(TOKENS) + found[word.end() :]


def _splice(rng: random.Random, found: str, seeds: Sequence[str]) -> str:
    other = rng.choice(seeds)
    return found[: rng.randrange(len(found) + 1)] + other[rng.randrange(len(other) + 1) :]


def _indent(rng: random.Random, found: str, _seeds: Sequence[str]) -> str:
    lines = found.splitlines(keepends=True) or [found]
    at = rng.randrange(len(lines))
    lines[at] = rng.choice(("  ", "\t", " ", "        ")) + lines[at]
    return "".join(lines)


Change = Callable[[random.Random, str, Sequence[str]], str]
CHANGES: tuple[Change, ...] = (_cut, _insert, _insert, _swap, _repeat, _replace, _splice, _indent)
