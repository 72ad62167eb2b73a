"""What the probes ask. The builtin tiny model is trained on these very texts."""

from __future__ import annotations

HELLO = "Say hello."
QUICKSORT = "Explain quicksort in one sentence."
SUM = "What is 2+2?"
WEATHER = "What's the weather in Tokyo?"
WEATHER_RESULT = '{"temperature": 22, "condition": "sunny"}'
PLANETS = "List 3 planets as JSON with name and diameter_km."
CAPITAL = "The capital of France is"

CAPITAL_ASKED = "What is the capital of France?"
STORY = "Tell me a long story."
TWO_WEATHERS = "What's the weather in Tokyo and in Paris?"
SUMMARIZE = "Summarize the text above in one sentence."
FILLER = "The quick brown fox jumps over the lazy dog near the quiet river bank. "

NEEDLES = (("blue box", "4817"), ("red box", "2953"))
"""What is hidden in a long text, and the number by which it is found again."""

NEEDLES_ASKED = "Which number does the blue box hold, and which the red box? Answer with both."

SUM_HOLDS, CAPITAL_HOLDS, RESULT_HOLDS = ("4", "four"), ("Paris",), ("22", "sunny")
"""What a right answer to :data:`SUM`, :data:`CAPITAL`, :data:`WEATHER_RESULT` has in it: one of."""

MANY_SIGNS = "Größe 東京 🙂 👩‍🚀 naïve"
"""One to four bytes a character and several characters a sign, so that tokens cut through them."""

WEATHER_UNITS = ("celsius", "fahrenheit")
"""The units that :data:`~deployer.compile.warmup.WEATHER_TOOL` allows."""


def thinking(*, on: bool) -> dict[str, object]:
    """Give the request fields that turn thinking on or off.

    Templates disagree on the name: GLM and Qwen read ``enable_thinking``, DeepSeek and Kimi
    ``thinking``. A template ignores the one that it does not know.
    """
    return {"chat_template_kwargs": {"enable_thinking": on, "thinking": on}}


def holds(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands in a text, in upper or lower case."""
    return any(word.lower() in text.lower() for word in words)


def haystack(sentences: int) -> str:
    """Give a text of so many filler sentences that hides :data:`NEEDLES`, and asks for them.

    One is near the beginning and one past the middle: who cuts a prompt loses the first, who reads
    only its end or a window of it one of both.
    """
    first, second = sentences // 10, sentences * 6 // 10
    parts = (FILLER * first, FILLER * (second - first), FILLER * (sentences - second))
    one, other = (f"The {box} holds the number {number}. " for box, number in NEEDLES)
    return f"{parts[0]}{one}{parts[1]}{other}{parts[2]}\n{NEEDLES_ASKED}"
