"""Servers with one fault each: how they misbehave, which probe has to find it, and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deployer.verify import prompts
from deployer.verify.probes import usage

from .fake_answers import HELLO, Answer
from .fake_engine import COMPLETIONS, MODELS, Behaviour

Edit = Callable[[str, Answer], None]


@dataclass(frozen=True)
class Fault:
    """One fault: ``probe`` finds it, and no other does; ``words`` stand in its message."""

    name: str
    behaviour: Behaviour
    probe: str
    words: str


def message(situation: str, **changes: Any) -> Edit:
    """Change the message of one situation."""
    return when(situation, lambda answer: answer["choices"][0]["message"].update(changes))


def choice(situation: str, **changes: Any) -> Edit:
    """Change the choice of one situation; ``message`` replaces the message's fields."""
    return when(situation, lambda answer: answer["choices"][0].update(changes))


def top(situation: str, **changes: Any) -> Edit:
    """Change the answer of one situation at its top."""
    return when(situation, lambda answer: answer.update(changes))


def call(situation: str = "tools", number: int = 0, **changes: Any) -> Edit:
    """Change the function of a tool call."""

    def change(answer: Answer) -> None:
        answer["choices"][0]["message"]["tool_calls"][number]["function"].update(changes)

    return when(situation, change)


def both(*edits: Edit) -> Edit:
    """Change one after the other."""

    def edit(situation: str, answer: Answer) -> None:
        for each in edits:
            each(situation, answer)

    return edit


def when(wanted: str, change: Callable[[Answer], None]) -> Edit:
    """Change the answer of one situation."""

    def edit(situation: str, answer: Answer) -> None:
        if situation == wanted:
            change(answer)

    return edit


def plainly(change: Callable[[Answer], None]) -> Edit:
    """Change what is not streamed, in every situation of a chat."""

    def edit(situation: str, answer: Answer) -> None:
        if not situation.startswith("stream:") and "message" in str(answer.get("choices")):
            change(answer)

    return edit


def edited(edit: Edit) -> Behaviour:
    """Behave like this, and right otherwise."""
    return Behaviour(edit=edit)


def streams(*faults: str) -> Behaviour:
    """Stream with these faults."""
    return Behaviour(stream_faults=frozenset(faults))


def wrong(*faults: str) -> Behaviour:
    """Have these faults."""
    return Behaviour(faults=frozenset(faults))


def raw(path: str, status: int, body: str = "", kind: str = "text/plain") -> Behaviour:
    """Answer a path always with this."""
    return Behaviour(raw={path: (status, kind, body)}, raw_tells=True)


def lets_in(who: str, path: str) -> Behaviour:
    """Let somebody in at a path without the right key."""
    return Behaviour(lets_in=frozenset({(who, path)}))


def asked(change: Callable[[Answer], None]) -> Behaviour:
    """Read requests otherwise than they are."""
    return Behaviour(request=change)


def _drifts() -> Callable[[Answer], None]:
    drawn: list[int] = []

    def change(body: Answer) -> None:
        if "seed" in body:
            drawn.append(1)
            body["messages"] = [{"role": "user", "content": [HELLO, prompts.SUM][len(drawn) % 2]}]

    return change


def _forgetful(body: Answer) -> None:
    content = body.get("messages", [{}])[-1].get("content")
    if isinstance(content, str) and len(content.split()) > 1000:
        body["messages"][-1]["content"] = " ".join(content.split()[-900:])


def _blurred(body: Answer) -> None:
    content = body.get("messages", [{}])[-1].get("content")
    if isinstance(content, str) and len(content.split()) > 1000:
        body["messages"][-1]["content"] = content.replace(prompts.NEEDLES[1][1], "1111")


def _said(old: str, new: str) -> Edit:
    """Give another answer instead of one, where it is not streamed and not thought about."""

    def change(answer: Answer) -> None:
        said = answer["choices"][0]["message"]
        if said["content"] == old and not answer["choices"][0].get("logprobs"):
            said["content"] = new

    return when("no-thinking", change)


def _loses(answer: Answer) -> None:
    said = answer["choices"][0]["message"]
    said["content"] = said["content"].replace("capital of", "capital")


def _unthought(answer: Answer) -> None:
    answer["choices"][0]["message"]["reasoning_content"] = None


def _misread(answer: Answer) -> None:
    said = answer["choices"][0]["message"]
    said["content"] = f"{said['reasoning_content']}</think>{said['content']}"


def _same_ids(answer: Answer) -> None:
    for each in answer["choices"][0]["message"]["tool_calls"]:
        each["id"] = "call_1"


def _one_call(answer: Answer) -> None:
    answer["choices"][0]["message"]["tool_calls"][0]["id"] = ""


def _unlike(answer: Answer) -> None:
    told = answer["choices"][0].get("logprobs")
    if told:
        told["content"] = told["content"][1:]


def _above(answer: Answer) -> None:
    for each in (answer["choices"][0].get("logprobs") or {}).get("content", []):
        each["logprob"] = 0.5


def _leaks(answer: Answer) -> None:
    said = answer["choices"][0]["message"]
    if said["reasoning_content"] and said["content"]:
        head, _, last = said["reasoning_content"].rpartition(" ")
        said["reasoning_content"], said["content"] = head, f"{last} {said['content']}"


def _leaks_streamed(situation: str, answer: Answer) -> None:
    if situation.startswith("stream:"):
        _leaks(answer)


def _bounded(change: Callable[[Answer], None]) -> Edit:
    """Change what is cut at its bound, and not streamed."""

    def edit(situation: str, answer: Answer) -> None:
        if situation == "no-thinking" and answer["choices"][0]["finish_reason"] == "length":
            change(answer)

    return edit


def _one_more(answer: Answer) -> None:
    answer["usage"]["completion_tokens"] += 1
    answer["usage"]["total_tokens"] += 1


def _streamed_less(situation: str, answer: Answer) -> None:
    if situation == "stream:no-thinking" and answer["usage"]["completion_tokens"] == usage.TOKENS:
        answer["usage"]["prompt_tokens"] -= 1


def _asked_marks(situation: str, answer: Answer) -> None:
    if situation == "schema":
        said = answer["choices"][0]["message"]
        said["content"] = said["content"].encode("ascii", "replace").decode()


def _fewer_best(answer: Answer) -> None:
    for each in (answer["choices"][0].get("logprobs") or {}).get("content", []):
        each["top_logprobs"] = each["top_logprobs"][:1]


RAW_CALL = "<tool_call>get_weather<arg_key>city</arg_key>"
STREAMS = (
    ("no role", "role", "role is assistant"),
    ("a role in each chunk", "roles", "the role is told"),
    ("no finish", "finish", "without a finish_reason"),
    ("two finishes", "finishes", "not once, at the end"),
    ("no usage chunk", "usage", "no usage chunk"),
    ("usage that was not asked for", "usage-always", "was not asked for"),
    ("no terminator", "done", "without [DONE]"),
    ("no event stream", "kind", "not labelled text/event-stream"),
    ("an id for each chunk", "ids", "ids"),
    ("chunks of another kind", "object", "not chat.completion.chunk"),
    ("chunks of another model", "model", "chunks are of model another"),
)

FAULTS = (
    Fault(
        "a page that cannot exist is there",
        raw("/deployer-verify-no-such-page", 200),
        "health",
        "cannot exist says 200",
    ),
    Fault("a wrong role", edited(message("chat", role="user")), "chat", "role is wrong"),
    Fault("another model", edited(top("chat", model="x")), "chat", "is of model x"),
    Fault("no usage", edited(top("chat", usage=None)), "chat", "usage counts no tokens"),
    Fault("an abort", edited(choice("chat", finish_reason="abort")), "chat", "is abort"),
    Fault(
        "a sum that is wrong",
        edited(_said("2 + 2 = 4.", "2 + 2 = 5.")),
        "content",
        "does not hold 4",
    ),
    Fault(
        "a stream in one piece",
        edited(message("stream:thinking", content="It", reasoning_content=None)),
        "stream",
        "nothing was streamed",
    ),
    Fault(
        "thinking mixed into a stream",
        edited(when("stream:thinking", _misread)),
        "stream",
        "mixed into content",
    ),
    Fault(
        "a stream without thinking",
        edited(when("stream:thinking", _unthought)),
        "stream",
        "no reasoning_content came before",
    ),
    *(Fault(name, streams(how), "stream-shape", words) for name, how, words in STREAMS),
    Fault(
        "a piece that is lost",
        edited(when("stream:no-thinking", _loses)),
        "streamed-same",
        "not the one that comes in one piece",
    ),
    Fault("all at the end", streams("burst"), "spread", "the whole answer came at once"),
    Fault("signs cut in two", streams("bytes"), "unicode", "a sign was cut in two"),
    Fault(
        "no thinking",
        edited(when("thinking", _unthought)),
        "thinking",
        "reasoning_content is empty",
    ),
    Fault(
        "thinking within the answer",
        edited(when("thinking", _misread)),
        "thinking",
        "mixed into content",
    ),
    Fault(
        "thinking that cannot be turned off",
        edited(message("no-thinking", reasoning_content="Hm.")),
        "no-thinking",
        "although thinking is off",
    ),
    Fault(
        "a tool's result that is not read",
        edited(message("tool-result", content="I do not know.")),
        "tools",
        "does not hold what the tool answered",
    ),
    Fault(
        "a call and its text",
        edited(message("tools", content=RAW_CALL)),
        "tools",
        "repeats the call",
    ),
    Fault("arguments cut off", edited(call(arguments='{"city')), "tools", "are not JSON"),
    Fault("no id of a call", edited(when("tools", _one_call)), "tools", "has no id"),
    Fault(
        "a call that was forbidden",
        asked(
            lambda body: (
                body.update(tool_choice="auto") if body.get("tool_choice") == "none" else None
            )
        ),
        "tool-choice",
        "tool_choice is none, and a tool was called",
    ),
    Fault(
        "another call than the named one",
        edited(call("named", name="get_weather")),
        "tool-choice",
        "tool_choice names get_time, and called was get_weather",
    ),
    Fault(
        "no call where one is required",
        edited(message("required", content="Hello!", tool_calls=None)),
        "tool-choice",
        "tool_choice is required, and no tool was called",
    ),
    Fault(
        "streamed arguments that lose a piece",
        streams("arguments"),
        "tool-stream",
        "the joined arguments of the streamed call are not JSON",
    ),
    Fault(
        "streamed pieces of another call",
        streams("call-index"),
        "tool-stream",
        "not numbered as those of one call",
    ),
    Fault(
        "a streamed call as text",
        edited(message("stream:tools", content=RAW_CALL, tool_calls=None)),
        "tool-stream",
        "there is no tool call in the stream",
    ),
    Fault(
        "two calls with one id",
        edited(when("two-tools", _same_ids)),
        "tool-pair",
        "two calls at once have the same id",
    ),
    Fault(
        "two calls about one city",
        edited(call("two-tools", 1, arguments='{"city": "Tokyo"}')),
        "tool-pair",
        "two calls at once have the same arguments",
    ),
    Fault(
        "JSON in a fence",
        edited(message("json", content="```json\n{}\n```")),
        "json-mode",
        "not a JSON object",
    ),
    Fault(
        "a schema that is not kept",
        edited(message("schema", content='{"answer": 1}')),
        "json-schema",
        "does not fit the JSON schema",
    ),
    Fault("an empty completion", edited(choice("completion", text="")), "completions", "is empty"),
    Fault(
        "a completion of something else",
        edited(choice("completion", text=" !!!!")),
        "completions",
        "is not continued with Paris",
    ),
    Fault(
        "no logprobs",
        asked(lambda body: body.pop("logprobs", None)),
        "logprobs",
        "has no logprobs",
    ),
    Fault(
        "logprobs of other tokens",
        edited(when("no-thinking", _unlike)),
        "logprobs",
        "not those of the answer",
    ),
    Fault("a log probability above 0", edited(when("no-thinking", _above)), "logprobs", "above 0"),
    Fault(
        "stop words that are not read",
        asked(lambda body: body.pop("stop", None)),
        "stop",
        "goes on beyond the stop word",
    ),
    Fault("one answer for two", asked(lambda body: body.pop("n", None)), "several", "1 choices"),
    Fault("a seed without effect", asked(_drifts()), "seed", "two draws with one seed differ"),
    Fault("a long prompt that is cut", asked(_forgetful), "long-prompt", "tokens were counted"),
    Fault(
        "a long prompt that is read but not known",
        asked(_blurred),
        "long-prompt",
        "the number in the red box was not found in a long text, and was in a short one",
    ),
    Fault(
        "a word of the thinking in the answer",
        edited(plainly(_leaks)),
        "thinking",
        "some of the thinking stands in content",
    ),
    Fault(
        "a word of the thinking in a streamed answer",
        edited(_leaks_streamed),
        "stream",
        "some of the thinking stands in content",
    ),
    Fault(
        "arguments of another shape",
        edited(call(arguments='{"city": ["Tokyo"]}')),
        "tools",
        "have a city that is no text",
    ),
    Fault(
        "a streamed call that ends as text does",
        edited(choice("stream:tools", finish_reason="stop")),
        "tool-stream",
        "finish_reason is stop, not tool_calls",
    ),
    Fault(
        "two streamed calls under one number",
        streams("call-merge"),
        "tool-pair",
        "2 calls at once are numbered as 1",
    ),
    Fault(
        "a stop word that stays",
        edited(_said("The capital of France is ", "The capital of France is Paris")),
        "stop",
        "goes on beyond the stop word",
    ),
    Fault("one best token for two", edited(when("no-thinking", _fewer_best)), "logprobs", "lacks"),
    Fault(
        "signs that one piece loses",
        edited(_asked_marks),
        "unicode",
        "did not come as it is in one piece",
    ),
    Fault(
        "a completion of another model",
        edited(top("completion", model="x")),
        "completions",
        "is of",
    ),
    Fault(
        "a completion that repeats the prompt",
        edited(choice("completion", text=f"{prompts.CAPITAL} Paris.")),
        "completions",
        "begins with the prompt",
    ),
    Fault("a token too many is counted", edited(_bounded(_one_more)), "usage", "usage counts 17"),
    Fault(
        "a total that is no sum",
        edited(_bounded(lambda answer: answer["usage"].update(total_tokens=1))),
        "usage",
        "9 tokens of the prompt, 16 of the answer, and 1",
    ),
    Fault(
        "an end at the bound that is called another",
        edited(_bounded(lambda answer: answer["choices"][0].update(finish_reason="stop"))),
        "usage",
        "finish_reason is stop at the bound, not length",
    ),
    Fault("a stream that counts otherwise", edited(_streamed_less), "usage", "a stream counts 8"),
    Fault("streams mixed up", wrong("mixed-streams"), "crowd", "16 of 32 requests at once"),
    Fault("tokens that are not counted", wrong("frozen"), "metrics", "generation_tokens_total"),
    Fault("few at a time", wrong("crowd"), "crowd", "16 of 32 requests at once went wrong"),
    Fault(
        "answers mixed up", wrong("mixed"), "crowd", "requests at once went wrong: the answer to"
    ),
    Fault(
        "metrics that are missing",
        wrong("few-metrics"),
        "metrics",
        "sglang:token_usage is missing",
    ),
    Fault("requests that are not counted", Behaviour(counts=False), "metrics", "moved by 0"),
    Fault("no prefix kept", wrong("forgets"), "prefix-cache", "the same prompt twice took 0"),
    Fault("work for who has gone", wrong("keeps"), "gone", "its slot stays taken"),
    Fault(
        "an answer for any model", Behaviour(unknown=200), "unknown-model", "gets 200, not a 4xx"
    ),
    Fault("a fall over an unknown model", Behaviour(unknown=500), "unknown-model", "gets 500"),
    Fault("bodies of any size", wrong("reads"), "huge-body", "an announced body of 1 TiB gets 200"),
    Fault(
        "a route without a key",
        lets_in("none", COMPLETIONS),
        "auth",
        "/v1/completions says 200 to no key",
    ),
    Fault(
        "a wrong key at one route", lets_in("wrong", MODELS), "auth", "last character is another"
    ),
    Fault(
        "a key astray at one route",
        lets_in("astray", COMPLETIONS),
        "auth",
        "/v1/completions says 200 to the key in X-API-Key, Api-Key and a cookie at once",
    ),
    Fault("the beginning of a key", wrong("prefix"), "auth", "with one character more"),
    Fault("a key in another header", wrong("query"), "auth", "the key in X-API-Key"),
    Fault(
        "metrics for everybody", lets_in("none", "/metrics"), "auth", "/metrics says 200 to no key"
    ),
    Fault("operators' routes for clients", wrong("operators"), "admin", "a client's key reaches"),
    Fault(
        "an operators' route for a key astray",
        lets_in("astray", "/flush_cache"),
        "admin",
        "the key in X-API-Key, Api-Key and a cookie at once reaches the operators' route",
    ),
    Fault("bad requests that are answered", wrong("swallows"), "bad-requests", "not a 4xx"),
    Fault(
        "errors without a form", wrong("shapeless"), "bad-requests", "without an error's message"
    ),
    Fault(
        "errors in the engine's own form",
        wrong("flat"),
        "bad-requests",
        "without an error's message where",
    ),
    Fault("a bad request makes it sick", wrong("sick"), "bad-requests", "/health says 503"),
    Fault(
        "an older release beside",
        Behaviour(other_release=frozenset({"/metrics"})),
        "release",
        "are of another release",
    ),
)
