"""The questions for the tiny model, from what it was examined in: it knows little else.

Its answers are fixed (``deployer/engine/tiny_model/phrases.py``), so most are compared letter by
letter, with thinking and without.
"""

from __future__ import annotations

import json

from deployer.engine.tiny_model import phrases
from deployer.measure.canary.question import Question, Questions

MAX_TOKENS = 200
"""Of an answer: its longest here has about 100, and its thoughts 20."""

WEATHER = ("get_weather",)
BOTH = ("get_weather", "get_time")


def tiny() -> Questions:
    """Give the set; the same each time."""
    plain = [*_topics(), *_facts(), *_weathers()]
    made = [
        Question(f"{each.name}{'-thinking' if thinking else ''}", each.kind, each.text,
                 each.expected, each.tools, thinking)
        for thinking in (False, True)
        for each in plain
    ]  # fmt: skip
    return Questions("tiny", tuple(made), MAX_TOKENS)


def _topics() -> list[Question]:
    return [
        Question(f"topic-{at + 1}-{number + 1}", "exact", text, answer)
        for at, (wordings, _, answer) in enumerate(phrases.TOPICS)
        for number, text in enumerate(wordings)
    ]


def _facts() -> list[Question]:
    city = phrases.CAPITALS["France"]
    return [
        Question("capital", "exact", "What is the capital of France?",
                 f"The capital of France is {city}."),
        Question("sum", "exact", "What is 2+2?", "2 + 2 = 4."),
    ]  # fmt: skip


def _weathers() -> list[Question]:
    found = []
    for city in phrases.CITIES[:8]:
        text = f"What's the weather in {city}?"
        refusal = f"I cannot look up the weather in {city} without a tool."
        wanted = {"name": "get_weather", "arguments": {"city": city}}
        found.append(Question(f"no-weather-{city}", "exact", text, refusal))
        found.append(Question(f"weather-{city}", "tool", text, json.dumps(wanted), WEATHER))
    for city in phrases.CITIES[:4]:
        wanted = {"name": "get_time", "arguments": {"city": city}}
        text = f"What time is it in {city}?"
        found.append(Question(f"time-{city}", "tool", text, json.dumps(wanted), BOTH))
    return found
