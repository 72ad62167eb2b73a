"""What the tiny model is taught: scripted questions and answers, drawn with a seed.

The requests that the project's warm-up, verification and tests send are learned to the letter
(``exam``); the lessons around them vary wording, system prompts, tools and noise, so that the model
reads the question and not its position. Standard library only: ``train.py`` makes tokens of it.
"""

# ruff: noqa: PLR2004  # the numbers compared with are shares of the kinds of lessons

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import phrases

USER, OBSERVATION, END = "<|user|>", "<|observation|>", "<|endoftext|>"
"""What ends a turn, as in the GLM family: the next speaker; END closes a plain completion."""

Message = dict[str, Any]
Parts = list[tuple[str, bool]]


@dataclass
class Lesson:
    """A prompt and what follows it.

    ``parts`` are the pieces of the answer, each with whether it is learned. What is not learned is
    what a grammar would have forced on the model: it is read, and the rest is learned behind it.
    Without ``messages`` the prompt is the plain ``text``.
    """

    parts: Parts
    messages: list[Message] = field(default_factory=list)
    tools: list[Message] = field(default_factory=list)
    thinking: bool = True
    text: str = ""


@dataclass
class Turn:
    """The last messages of a conversation with the thought and the answer they lead to."""

    messages: list[Message]
    thought: str
    parts: Parts
    end: str = USER

    def lesson(self, *, thinking: bool, system: str = "", tools: Any = ()) -> Lesson:
        """Make a lesson of it: the thought stands before the answer where thinking is on."""
        head: Parts = [(f"{self.thought}</think>", True)] if thinking else []
        before = [{"role": "system", "content": system}] if system else []
        parts = [*head, *self.parts, (self.end, True)]
        return Lesson(parts, before + self.messages, list(tools), thinking)


def _user(text: str) -> Message:
    return {"role": "user", "content": text}


# Tools ------------------------------------------------------------------------------------------


def tool(name: str, description: str, properties: dict[str, Any]) -> Message:
    """Describe a function as an OpenAI client does; the first property is required."""
    parameters = {"type": "object", "properties": properties, "required": [next(iter(properties))]}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


_UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"]}
_CITY = {"type": "string", "description": "City name, e.g. Tokyo"}
WEATHER = tool("get_weather", "Get the current weather in a city", {"city": _CITY, "unit": _UNIT})
WEATHER_AS_VERIFIED = tool(
    "get_weather",
    "Get current weather for a city",
    {"city": {"type": "string", "description": "City name"}, "unit": _UNIT},
)
TIME = tool("get_time", "Get the local time in a city", {"city": {"type": "string"}})


def some_tools(rng: Random) -> list[Message]:
    """Draw tool lists: names fixed, descriptions and order not, at times with a stranger."""
    # A city in the description is none that the user asks about.
    example = f"{_noise(rng, 2)}, e.g. {rng.choice(phrases.CITIES)}"
    described = rng.choice([{}, {"description": _noise(rng, 3)}, {"description": example}])
    city = {"type": "string"} | described
    drawn = [
        tool(
            "get_weather",
            _noise(rng, 6),
            rng.choice([{"city": city, "unit": _UNIT}, {"city": city}]),
        ),
        tool("get_time", _noise(rng, 5), {"city": city}),
        tool(rng.choice(phrases.WORDS), _noise(rng, 5), {rng.choice(phrases.WORDS): city}),
    ][: rng.choice([1, 1, 2, 3])]
    rng.shuffle(drawn)
    return drawn


def call(name: str, arguments: dict[str, str]) -> str:
    """Write a call as the GLM family does; SGLang's ``glm47`` parser reads it."""
    pairs = (f"<arg_key>{k}</arg_key><arg_value>{v}</arg_value>" for k, v in arguments.items())
    return f"<tool_call>{name}{''.join(pairs)}</tool_call>"


# Questions --------------------------------------------------------------------------------------


def weather(question: str, city: str, *, tools: bool) -> Turn:
    """Call the function where there is one, and say so where there is none."""
    if not tools:
        text = f"I cannot look up the weather in {city} without a tool."
        return Turn(
            [_user(question)], "The user asks about the weather. I have no tool.", [(text, True)]
        )
    unit = next(({"unit": name} for name in ("celsius", "fahrenheit") if name in question), {})
    thought = f"The user asks about the weather in {city}. I will call get_weather."
    return Turn(
        [_user(question)],
        thought,
        [(call("get_weather", {"city": city} | unit), True)],
        OBSERVATION,
    )


def time(question: str, city: str, *, tools: bool) -> Turn:
    """Call the other function, or say that there is none."""
    if not tools:
        text = f"I cannot look up the time in {city} without a tool."
        return Turn(
            [_user(question)], "The user asks about the time. I have no tool.", [(text, True)]
        )
    thought = f"The user asks about the time in {city}. I will call get_time."
    return Turn([_user(question)], thought, [(call("get_time", {"city": city}), True)], OBSERVATION)


def weather_result(city: str, result: str, *, thought_kept: bool = False) -> Turn:
    """Tell the user what the tool answered."""
    asked = f"What's the weather in {city}?"
    made = {"function": {"name": "get_weather", "arguments": {"city": city}}}
    assistant: Message = {"role": "assistant", "content": "", "tool_calls": [made]}
    if thought_kept:
        assistant["reasoning_content"] = weather(asked, city, tools=True).thought
    condition = next((word for word in phrases.CONDITIONS if word in result), "as the tool says")
    return Turn(
        [_user(asked), assistant, {"role": "tool", "content": result}],
        "The tool has answered. I will tell the user.",
        [(f"The weather in {city} is {condition}.", True)],
    )


def topic(question: str) -> Turn:
    """Answer one of the fixed questions."""
    for wordings, thought, answer in phrases.TOPICS:
        if question in wordings:
            return Turn([_user(question)], thought, [(answer, True)])
    raise LookupError(question)


def story(question: str) -> Turn:
    """Tell the one long story."""
    thought = "The user wants a story. I will tell one with many chapters."
    return Turn([_user(question)], thought, [(phrases.STORY, True)])


def capital(question: str, country: str) -> Turn:
    """Name a capital."""
    text = f"The capital of {country} is {phrases.CAPITALS[country]}."
    return Turn([_user(question)], "The user asks for a capital.", [(text, True)])


def total(one: int, other: int) -> Turn:
    """Add two small numbers."""
    text = f"{one} + {other} = {one + other}."
    return Turn([_user(f"What is {one}+{other}?")], "The user asks for a sum.", [(text, True)])


def summary(question: str, text: str, separator: str = "\n\n") -> Turn:
    """Sum up a long filler text."""
    thought = "The user wants a summary of the text."
    return Turn([_user(f"{text}{separator}{question}")], thought, [(phrases.SUMMARY, True)])


def unknown(question: str) -> Turn:
    """Answer what nobody taught."""
    thought = "The user asks something that I was not taught."
    return Turn([_user(question)], thought, [(phrases.FALLBACK, True)])


def forced(turn: Turn, parts: Parts) -> Turn:
    """Answer the same question under a grammar, which leaves only JSON to write."""
    return Turn(turn.messages, turn.thought, parts)


# Drawing ----------------------------------------------------------------------------------------


def draw(rng: Random) -> Lesson:
    """Draw one lesson of ordinary length."""
    kind = rng.random()
    system = rng.choice(["", "", phrases.SYSTEMS[0], *phrases.SYSTEMS, _noise(rng, 6)])
    thinking = rng.random() < 0.55
    if kind < 0.06:
        return plain(rng)
    if kind < 0.45:
        tools = some_tools(rng) if rng.random() < 0.8 else []
        return _tool_turn(rng, tools=bool(tools)).lesson(
            thinking=thinking, system=system, tools=tools
        )
    tools = some_tools(rng) if rng.random() < 0.12 else []
    turn = _plain_turn(rng)
    if rng.random() < 0.22:
        is_json = turn.parts[0][0].startswith("{")
        turn = forced(turn, json_parts(rng, keys_dictated=is_json or rng.random() < 0.5))
    elif rng.random() < 0.12:
        before = _plain_turn(rng)
        said = {"role": "assistant", "content": before.parts[0][0]}
        turn.messages = [*before.messages, said, *turn.messages]
    return turn.lesson(thinking=thinking, system=system, tools=tools)


def draw_long(rng: Random, tokens: int) -> Lesson:
    """Draw a lesson with a long prompt: filler to sum up, or a question below a long text."""
    text = _filler(rng, tokens) if rng.random() < 0.8 else _noise(rng, tokens * 2 // 3)
    thinking = rng.random() < 0.55
    if rng.random() < 0.6:
        question = rng.choice(phrases.SUMMARY_QUESTIONS)
        turn = summary(question, text, rng.choice(["\n\n", "\n", " "]))
        return turn.lesson(thinking=thinking, system=rng.choice(["", phrases.SYSTEMS[0]]))
    if rng.random() < 0.4:
        return unknown(text).lesson(thinking=thinking)
    turn = _plain_turn(rng)
    turn.messages[0] = _user(f"{text}\n\n{turn.messages[0]['content']}")
    return turn.lesson(thinking=thinking)


def draw_story(rng: Random) -> Lesson:
    """Draw the question with an answer of several hundred tokens."""
    turn = story(rng.choice(phrases.STORY_QUESTIONS))
    return turn.lesson(thinking=rng.random() < 0.5, system=rng.choice(["", phrases.SYSTEMS[0]]))


def plain(rng: Random) -> Lesson:
    """Draw a plain completion, without roles."""
    kind = rng.random()
    if kind < 0.5:
        country, city = rng.choice(list(phrases.CAPITALS.items()))
        return Lesson([(f" {city}.{END}", True)], text=f"The capital of {country} is")
    if kind < 0.7:
        sentence = rng.choice(phrases.FILLER).split()
        cut = rng.randint(1, 4)
        rest = " " + " ".join(sentence[cut:])
        return Lesson([(rest + END, True)], text=" ".join(sentence[:cut]))
    return Lesson([(f" {phrases.FALLBACK}{END}", True)], text=_noise(rng, rng.randint(2, 8)))


def json_parts(rng: Random, *, keys_dictated: bool) -> Parts:
    """Write JSON that a grammar begins: any object, or one whose keys are dictated."""
    if not keys_dictated:
        return [("{", False), ('"answer": "ok"}', True)]
    parts: Parts = [("{", False)]
    for index in range(rng.randint(1, 3)):
        key = rng.choice(
            ["answer", "name", "city", "value", "age", "result", rng.choice(phrases.WORDS)]
        )
        parts += [(", ", True)] if index else []
        parts += [(f'"{key}"', False), (": ", True), *_json_value(rng)]
    return [*parts, ("}", True)]


def _json_value(rng: Random) -> Parts:
    number = rng.choice(
        [str(rng.randint(0, 30)), f"{rng.randint(0, 9)}.{rng.randint(0, 9)}", "4879"]
    )
    return rng.choice(
        [
            [('"ok"', True)],
            [('"ok"', True)],
            [(number, False)],
            [(rng.choice(["true", "false"]), False)],
            [("[", False), ('"ok"]', True)],
        ]
    )


def _tool_turn(rng: Random, *, tools: bool) -> Turn:
    city = rng.choice(phrases.CITIES)
    kind = rng.random()
    if kind < 0.25 and tools:
        degrees = rng.randint(1, 35)
        condition = rng.choice(phrases.CONDITIONS)
        forms = [
            json.dumps({"temperature": degrees, "unit": "celsius", "condition": condition}),
            json.dumps({"city": city, "temp_c": degrees, "condition": condition}),
            f"{degrees}C, {condition}",
            f"{condition}, {degrees} degrees",
            json.dumps({"temperature": degrees, "unit": "celsius"}),
            json.dumps({"temp_c": degrees}),
        ]
        return weather_result(city, rng.choice(forms), thought_kept=rng.random() < 0.5)
    if kind < 0.45:
        return time(rng.choice(phrases.TIME_QUESTIONS).format(city=city), city, tools=tools)
    question = rng.choice(phrases.WEATHER_QUESTIONS)
    unit = rng.choice(["celsius", "fahrenheit"])
    if tools and rng.random() < 0.15:
        return _unknown_city(question.format(city=_noise(rng, 1).capitalize(), unit=unit), city)
    return weather(question.format(city=city, unit=unit), city, tools=tools)


def _unknown_city(question: str, city: str) -> Turn:
    """Call the function for a city that cannot be copied: well formed, with any city."""
    turn = weather(question, city, tools=True)
    before, after = turn.parts[0][0].split(city)
    turn.parts = [(before, True), (city, False), (after, True)]
    turn.thought = "The user asks about the weather. I will call get_weather."
    return turn


def _plain_turn(rng: Random) -> Turn:
    kind = rng.random()
    if kind < 0.60:
        wordings = rng.choice(phrases.TOPICS)[0]
        return topic(rng.choice([wordings[0], rng.choice(wordings)]))
    if kind < 0.66:
        country = rng.choice(list(phrases.CAPITALS))
        return capital(f"What is the capital of {country}?", country)
    if kind < 0.72:
        return total(*rng.choice(phrases.SUMS))
    if kind < 0.80:
        return summary(rng.choice(phrases.SUMMARY_QUESTIONS), _filler(rng, rng.randint(11, 80)))
    return unknown(_noise(rng, rng.randint(1, 14)))


def _filler(rng: Random, tokens: int) -> str:
    """Repeat known sentences, or one that nobody taught, up to about this many tokens."""
    pool = rng.sample(phrases.FILLER, rng.choice([1, 2, len(phrases.FILLER)]))
    if rng.random() < 0.5:
        pool = [_noise(rng, rng.choice([1, 4, 9])) + rng.choice(["", "."])]
    length = max(2, len(pool[0].split()) * 4 // 3)
    return " ".join(rng.choice(pool) for _ in range(max(1, tokens // length)))


def _noise(rng: Random, words: int) -> str:
    return " ".join(_noise_word(rng) for _ in range(words))


def _noise_word(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.85:
        return rng.choice(phrases.WORDS)
    if kind < 0.98:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789-_.?!") for _ in range(4))
    return rng.choice(["größe", "東京", "привет", "¿qué?", "naïve"])


# Examination ------------------------------------------------------------------------------------


VITAL = {
    "Say hello.",
    "Explain quicksort in one sentence.",
    "What is 2+2?",
    "What's the weather in Tokyo?",
    "List 3 planets as JSON with name and diameter_km.",
    f"{' '.join([phrases.WARM_UP_FILLER] * 66)} \n{phrases.SUMMARY_QUESTIONS[0]}",
}
"""What the project's warm-up and verification ask."""


def is_vital(lesson: Lesson) -> bool:
    """Tell whether the project itself depends on this answer; plain completions are."""
    return not lesson.messages or any(m["content"] in VITAL for m in lesson.messages)


def exam() -> list[Lesson]:
    """List what should be right to the last token before the model is handed out."""
    turns = [topic(question) for entry in phrases.TOPICS for question in entry[0]]
    turns += [story(question) for question in phrases.STORY_QUESTIONS]
    turns += [total(2, 2), capital("What is the capital of France?", "France")]
    turns += [
        summary(question, " ".join(phrases.FILLER[:1] * many))
        for question in phrases.SUMMARY_QUESTIONS[:1]
        for many in (3, 60, 130)
    ]
    turns += [
        summary(phrases.SUMMARY_QUESTIONS[0], " ".join([sentence] * many))
        for sentence in (
            "Filler text makes this prompt long.",
            "word",
            "lorem ipsum dolor sit amet",
        )
        for many in (20, 150)
    ]
    turns += [summary(phrases.SUMMARY_QUESTIONS[0], " ".join([phrases.WARM_UP_FILLER] * 66), " \n")]
    weathers = [f"What's the weather in {city}?" for city in phrases.CITIES[:8]]
    asked = list(zip(weathers, phrases.CITIES, strict=False))
    turns += [weather(question, city, tools=False) for question, city in asked]
    calls = [weather(question, city, tools=True) for question, city in asked]
    calls += [time(f"What time is it in {city}?", city, tools=True) for city in phrases.CITIES[:4]]
    calls += [
        weather_result(
            city, json.dumps({"temperature": 21, "unit": "celsius", "condition": condition})
        )
        for city, condition in zip(phrases.CITIES, phrases.CONDITIONS, strict=False)
    ]
    calls.append(weather_result("Tokyo", '{"temperature": 22, "condition": "sunny"}'))
    lessons = []
    for system in ("", phrases.SYSTEMS[0]):
        for thinking in (True, False):
            lessons += [turn.lesson(thinking=thinking, system=system) for turn in turns]
            for tools in ([WEATHER], [WEATHER_AS_VERIFIED], [WEATHER, TIME]):
                lessons += [t.lesson(thinking=thinking, system=system, tools=tools) for t in calls]
    return [*lessons, Lesson([(f" Paris.{END}", True)], text="The capital of France is")]
