"""What the probes ask. The builtin tiny model is trained on these very texts."""

from __future__ import annotations

HELLO = "Say hello."
QUICKSORT = "Explain quicksort in one sentence."
SUM = "What is 2+2?"
WEATHER = "What's the weather in Tokyo?"
WEATHER_RESULT = '{"temperature": 22, "condition": "sunny"}'
PLANETS = "List 3 planets as JSON with name and diameter_km."
CAPITAL = "The capital of France is"

WEATHER_UNITS = ("celsius", "fahrenheit")
"""The units that :data:`~deployer.compile.warmup.WEATHER_TOOL` allows."""


def thinking(*, on: bool) -> dict[str, object]:
    """Give the request fields that turn thinking on or off.

    Templates disagree on the name: GLM and Qwen read ``enable_thinking``, DeepSeek and Kimi
    ``thinking``. A template ignores the one that it does not know.
    """
    return {"chat_template_kwargs": {"enable_thinking": on, "thinking": on}}
