"""The questions for a model that can do something, drawn with one seed and never changed.

They are easy for a model that is sound and hard for one that nearly is: digits that must be
carried, one line of many, one of several functions. Nobody has to be asked what is right.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from deployer.measure.canary.question import Question, Questions

SEED = 20261129
EACH = 12
"""Questions of a kind, but for those of code."""

NUMBER_ONLY = "Answer with the number only."
JSON_ONLY = "Answer with JSON only, without any other text."
CODE_ONLY = "Answer with the code only, without an explanation."
DRAWERS = 150
"""Lines of the list in which one is to be found; about 2,500 tokens."""

MAX_TOKENS = 2048
"""Of an answer, thinking included."""

CITIES = ("Tokyo", "Paris", "Cairo", "Lima", "Oslo", "Quito")
NAMES = ("Ada", "Boris", "Chen", "Dina", "Emre", "Farah")

CODE: tuple[tuple[Any, ...], ...] = (
    ("count_vowels", "counts the vowels (a, e, i, o, u) of a string, in upper and lower case",
     (("Education",), 5), (("xyz",), 0), (("AEIOU aeiou",), 10)),
    ("gcd_of", "gives the greatest common divisor of a list of positive integers",
     (([12, 18, 30],), 6), (([7],), 7), (([100, 75, 35],), 5)),
    ("is_palindrome", "tells whether a string's letters and digits are a palindrome in any case",
     (("A man, a plan, a canal: Panama",), True), (("deployer",), False), (("",), True)),
    ("roman", "writes an integer from 1 to 3999 as a Roman numeral",
     ((1994,), "MCMXCIV"), ((3888,), "MMMDCCCLXXXVIII"), ((4,), "IV")),
    ("merged", "merges two sorted lists into one sorted list",
     (([1, 4, 9], [2, 3, 10]), [1, 2, 3, 4, 9, 10]), (([], [5]), [5]), (([1, 1], [1]), [1, 1, 1])),
    ("flat", "flattens a list of lists of any depth into one list",
     (([1, [2, [3, [4]], 5]],), [1, 2, 3, 4, 5]), (([],), []), (([[[]]],), [])),
    ("primes_below", "lists the primes below n in ascending order",
     ((20,), [2, 3, 5, 7, 11, 13, 17, 19]), ((2,), []), ((3,), [2])),
    ("run_lengths", "gives a [character, count] for each run of equal characters of a string",
     (("aaabccd",), [["a", 3], ["b", 1], ["c", 2], ["d", 1]]), (("",), []), (("zz",), [["z", 2]])),
)  # fmt: skip
"""Functions to write: name, what it does, and calls with their results."""


def general() -> Questions:
    """Draw the set; the same each time."""
    rng = Random(SEED)  # noqa: S311 - no secret
    made = (*_sums(rng), *_json(rng), *_tools(rng), *_needles(rng), *_code())
    return Questions("general", made, MAX_TOKENS)


def _sums(rng: Random) -> list[Question]:
    found = []
    for at in range(EACH):
        one, two, three = (rng.randint(1000, 9999) for _ in range(3))
        text = f"What is {one} + {two} - {three}? {NUMBER_ONLY}"
        found.append(Question(f"sum-{at + 1}", "arithmetic", text, str(one + two - three)))
    for at in range(EACH):
        one, two, three = rng.randint(100, 999), rng.randint(12, 99), rng.randint(100, 999)
        text = f"What is {one} * {two} + {three}? Think step by step, then {NUMBER_ONLY.lower()}"
        expected = str(one * two + three)
        found.append(Question(f"product-{at + 1}", "arithmetic", text, expected, thinking=True))
    return found


def _json(rng: Random) -> list[Question]:
    found = []
    for at in range(EACH):
        name, city, age = rng.choice(NAMES), rng.choice(CITIES), rng.randint(20, 70)
        items = rng.sample(("tea", "rice", "salt", "wool", "ink"), 3)
        text = (
            f"{name}, who is {age}, ordered {items[0]}, {items[1]} and {items[2]} to {city}. "
            'Give an object with the keys "name", "age", "city" and "items" (a list in that '
            f"order). {JSON_ONLY}"
        )
        value = {"name": name, "age": age, "city": city, "items": items}
        found.append(Question(f"json-{at + 1}", "json", text, json.dumps(value)))
    return found


def _tools(rng: Random) -> list[Question]:
    asked = (
        ("get_weather", "What is the weather in {city} now?", "city"),
        ("get_time", "What time is it in {city}?", "city"),
        ("find_flights", "Which flights go to {city}?", "city"),
    )
    offered = tuple(name for name, _, _ in asked)
    found = []
    for at in range(EACH):
        name, text, key = asked[at % len(asked)]
        city = rng.choice(CITIES)
        expected = json.dumps({"name": name, "arguments": {key: city}})
        found.append(Question(f"tool-{at + 1}", "tool", text.format(city=city), expected, offered))
    return found


def _needles(rng: Random) -> list[Question]:
    codes = [rng.randint(10_000, 99_999) for _ in range(DRAWERS)]
    lines = "\n".join(f"The code of drawer {at + 1} is {code}." for at, code in enumerate(codes))
    found = []
    for at in sorted(rng.sample(range(DRAWERS), EACH)):
        text = f"{lines}\n\nWhat is the code of drawer {at + 1}? {NUMBER_ONLY}"
        found.append(Question(f"needle-{at + 1}", "arithmetic", text, str(codes[at])))
    return found


def _code() -> list[Question]:
    found = []
    for name, does, *calls in CODE:
        text = f"Write a Python function `{name}` that {does}. {CODE_ONLY}"
        cases = [{"arguments": arguments, "result": result} for arguments, result in calls]
        expected = json.dumps({"function": name, "cases": cases})
        found.append(Question(f"code-{name}", "code", text, expected))
    return found
