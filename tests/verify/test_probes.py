from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from deployer.verify.catalogue import PROBES
from deployer.verify.run import verify
from deployer.verify.verdict import Outcome

from .asking import HASTY, PATIENT, ask, everything
from .fake_answers import MODEL, REASONING
from .fake_engine import CHAT, COMPLETIONS, MODELS, Behaviour, running
from .faults import (
    FAULTS,
    Edit,
    both,
    call,
    choice,
    edited,
    lets_in,
    message,
    raw,
    top,
    when,
    wrong,
)

pytestmark = pytest.mark.process

NAMES = [probe.name for probe in PROBES]
BY_DESIGN = "unknown-model"
"""Skipped where no door is promised: the engine promises nothing there."""

IN_FRONT = "stranger"
"""What is in front of an engine, and not here: ``test_stranger.py``."""


def cut(situation: str) -> Edit:
    """Cut an answer while it is thinking."""
    return both(choice(situation, finish_reason="length"), message(situation, content=None))


def silent(path: str, status: int, body: str = "", kind: str = "text/plain") -> Behaviour:
    """Answer a path always with this, which tells no release."""
    return Behaviour(raw={path: (status, kind, body)})


WRONG = {
    "health": [
        (raw("/health", 503), "HTTP 503 from GET /health"),
        (raw("/health", 404), "HTTP 404 from GET /health"),
        (raw("/deployer-verify-no-such-page", 200), "cannot exist says 200"),
    ],
    "models": [
        (
            edited(top("models", data=[{"id": "other"}])),
            f"{MODEL} is not listed; listed are: other",
        ),
        (edited(top("models", data=[])), "lists no model"),
        (edited(top("models", data="glm")), "lists no model"),
        (raw(MODELS, 500, "boom"), "HTTP 500 from GET /v1/models: boom"),
        (raw(MODELS, 200, "<html>", "text/html"), "it is text, and no JSON object"),
        (raw(MODELS, 200, "[]", "application/json"), "it is JSON, and no JSON object"),
        (raw(MODELS, 200, "", "application/json"), "it is no JSON: Expecting value"),
    ],
    "chat": [
        (raw(CHAT, 500, "boom"), "HTTP 500 from POST /v1/chat/completions: boom"),
        (raw(CHAT, 400, '{"message": "too long"}'), "too long"),
        (raw(CHAT, 200, "{broken", "application/json"), "not what the SDK can read"),
        (edited(message("chat", content="")), "content is empty"),
        (edited(message("chat", content="  \n")), "content is empty"),
        (edited(message("chat", content=None)), "content is empty"),
        (edited(message("chat", content=["a"])), "content is empty"),
        (edited(message("chat", content=f"{REASONING}</think>Hi")), "mixed into content"),
        (edited(message("chat", role="user")), "role is wrong"),
        (edited(cut("chat")), "thinking had no end within 512 tokens"),
        (edited(choice("chat", finish_reason=None)), "finish_reason is None"),
        (edited(choice("chat", finish_reason="abort")), "finish_reason is abort"),
        (edited(choice("chat", message=None)), "not a chat completion"),
        (edited(top("chat", choices=[])), "not a chat completion"),
        (edited(top("chat", usage=None)), "usage counts no tokens"),
        (edited(top("chat", usage={"completion_tokens": 0})), "usage counts no tokens"),
        (Behaviour(drop=frozenset({CHAT})), "the connection broke off"),
    ],
    "stream": [
        (raw(CHAT, 503, "starting"), "HTTP 503 from POST /v1/chat/completions: starting"),
        (
            edited(message("stream:thinking", content="", reasoning_content="")),
            "piece(s): nothing was streamed",
        ),
        (edited(message("stream:thinking", content="")), "content is empty"),
        (
            edited(message("stream:thinking", reasoning_content="")),
            "no reasoning_content came before",
        ),
        (
            edited(message("stream:thinking", content="a", reasoning_content=None)),
            "came in 1 piece(s)",
        ),
        (edited(message("stream:thinking", content="a b</think>c")), "mixed into content"),
        (edited(cut("stream:thinking")), "thinking had no end within 512 tokens"),
        (Behaviour(drop=frozenset({CHAT})), "the connection broke off"),
        (Behaviour(stream_forever=True), "goes on beyond 512 tokens"),
    ],
    "thinking": [
        (edited(message("thinking", reasoning_content="")), "reasoning_content is empty"),
        (edited(message("thinking", reasoning_content=None)), "reasoning_content is empty"),
        (edited(message("thinking", content="hm</think>Hi")), "mixed into content"),
        (edited(message("thinking", content=f"{REASONING} Hi")), "begins with the whole reasoning"),
        (edited(message("thinking", content="")), "content is empty"),
        (edited(cut("thinking")), "thinking had no end within 512 tokens"),
    ],
    "no-thinking": [
        (edited(message("no-thinking", reasoning_content="Hm.")), "although thinking is off"),
        (edited(message("no-thinking", content="")), "content is empty"),
        (edited(message("no-thinking", content="<think></think>4")), "mixed into content"),
    ],
    "tools": [
        (edited(message("tools", tool_calls=None, content="Sunny.")), "there is no tool call"),
        (edited(message("tools", tool_calls=[])), "there is no tool call"),
        (edited(both(cut("tools"), message("tools", tool_calls=None))), "within 512 tokens"),
        (edited(call(arguments="city=Tokyo")), "arguments are not JSON"),
        (edited(call(arguments=None)), "arguments are not a JSON object"),
        (edited(call(arguments="[1]")), "arguments are not a JSON object"),
        (edited(call(arguments='{"unit": "celsius"}')), "lack the required city"),
        (edited(call(arguments='{"city": 7}')), "a city that is no text"),
        (edited(call(arguments='{"city": "Tokyo", "unit": "kelvin"}')), "a unit that the schema"),
        (edited(call(arguments='{"city": "Tokyo", "unit": []}')), "a unit that the schema"),
        (edited(call(name="get_time")), "calls get_time, which was not offered"),
        (edited(choice("tools", finish_reason="stop")), "finish_reason is stop, not tool_calls"),
        (edited(message("tool-result", content="")), "content is empty"),
    ],
    "json-mode": [
        (edited(message("json", content="Earth, Mars and Venus.")), "not a JSON object"),
        (edited(message("json", content='```json\n{"a": 1}\n```')), "not a JSON object"),
        (edited(message("json", content="[1, 2]")), "not a JSON object"),
        (edited(message("json", content="{}")), "not a JSON object"),
        (edited(message("json", content="")), "content is empty"),
        (
            edited(both(choice("json", finish_reason="length"), message("json", content='{"a'))),
            "the JSON is not complete",
        ),
        (edited(cut("json")), "thinking had no end within 512 tokens"),
    ],
    "completions": [
        (raw(COMPLETIONS, 404, "no"), "HTTP 404 from POST /v1/completions: no"),
        (edited(choice("completion", text="")), "the completion is empty"),
        (edited(choice("completion", text=None)), "the completion is empty"),
        (edited(choice("completion", finish_reason="abort")), "finish_reason is abort"),
        (edited(top("completion", choices=[])), "not a completion"),
        (edited(top("completion", usage=None)), "usage counts no tokens"),
        (Behaviour(drop=frozenset({COMPLETIONS})), "the connection broke off"),
    ],
    "metrics": [
        (raw("/metrics", 404), "HTTP 404 from GET /metrics"),
        (raw("/metrics", 200, "vllm:num_requests_total 3\n"), "no metric of sglang:*"),
        (raw("/metrics", 200, "sglang:gen_throughput 3\n"), "sglang:num_requests_total, "),
        (raw("/metrics", 200, "<html></html>"), "not Prometheus text"),
        (raw("/metrics", 200, "sglang:gen_throughput fast\n"), "not Prometheus text"),
        (Behaviour(counts=False), "moved by 0 when 2 requests were made"),
    ],
    "auth": [
        (Behaviour(key=None), "/v1/models says 200 to no key, not 401"),
        (lets_in("wrong", MODELS), "200 to a key whose last character is another, not 401"),
        (lets_in("wrong", CHAT), "200 to a key whose last character is another, not 401"),
        (lets_in("none", MODELS), "/v1/models says 200 to no key, not 401"),
        (lets_in("none", CHAT), "/v1/chat/completions says 200 to no key, not 401"),
        (raw(CHAT, 500), "/v1/chat/completions says 500 to no key, not 401"),
        (raw("*", 401, "no"), "HTTP 401 from GET /v1/models: no"),
        (Behaviour(key="sk-another"), "HTTP 401 from GET /v1/models"),
    ],
    "release": [
        (Behaviour(release=""), "2 of 2 answers do not tell which release they are of"),
        (silent("/health", 200), "1 of 2 answers do not tell which release they are of"),
        (
            Behaviour(other_release=frozenset({"/health"})),
            "1 of 2 answers are of another release: 000000000000",
        ),
        (
            Behaviour(release="decafbad0000"),
            "2 of 2 answers are of another release: decafbad0000",
        ),
    ],
}


@pytest.mark.parametrize("probe", [name for name in NAMES if name not in {BY_DESIGN, IN_FRONT}])
def test_a_right_answer_passes_and_says_what_was_checked(probe: str) -> None:
    verdict = ask(probe)
    assert (verdict.outcome, verdict.message) == (Outcome.PASSED, "")
    assert all(verdict.checked)
    assert verdict.seconds > 0


@pytest.mark.parametrize(
    ("probe", "behaviour", "message"),
    [
        pytest.param(probe, behaviour, words, id=f"{probe}-{number}-{words}")
        for probe, cases in WRONG.items()
        for number, (behaviour, words) in enumerate(cases)
    ],
)
def test_a_wrong_answer_fails_and_says_why(probe: str, behaviour: Behaviour, message: str) -> None:
    timeout = HASTY if probe == "metrics" else PATIENT
    verdict = ask(probe, behaviour, timeout=timeout)
    assert verdict.outcome is Outcome.FAILED
    assert message in verdict.message


def test_every_probe_is_shown_wrong_answers() -> None:
    assert set(WRONG) | {fault.probe for fault in FAULTS} | {IN_FRONT} == set(NAMES)


def test_an_engine_that_answers_for_any_model_is_not_said_to_refuse_it() -> None:
    """Without a door that is no broken promise; a door refuses."""
    with running(Behaviour(unknown=200)) as server:
        bare = replace(everything(server.url), bounded=False)
        (verdict,) = verify(bare, timeout=PATIENT, select=[BY_DESIGN])
    assert verdict.outcome is Outcome.SKIPPED
    assert ask(BY_DESIGN).outcome is Outcome.PASSED


def test_what_is_given_up_without_a_word_is_seen_by_what_is_computed() -> None:
    """SGLang 0.5.17 drops the request at once, and does not count it."""
    verdict = ask("gone", wrong("quiet"))

    assert verdict.outcome is Outcome.PASSED
    assert verdict.checked == ("an answer whose client went was not computed any further",)


@pytest.mark.parametrize(("length", "tokens"), [(9000, 4500), (100_000, 8192), (None, 512)])
def test_an_answer_is_left_that_no_model_ends_before_the_engine_looks(
    length: int | None, tokens: int
) -> None:
    asked: list[int] = []
    behaviour = Behaviour(
        edit=top("models", data=[{"id": MODEL, "max_model_len": length}]),
        request=lambda body: asked.append(body["max_tokens"]),
    )

    assert ask("gone", behaviour).outcome is Outcome.PASSED
    assert asked[0] == tokens


@pytest.mark.parametrize(
    ("probe", "behaviour", "words"),
    [
        (
            "tool-pair",
            edited(when("two-tools", lambda a: a["choices"][0]["message"]["tool_calls"].pop())),
            "the model made 1 call where two were asked for",
        ),
        (
            "tool-choice",
            edited(both(cut("required"), message("required", tool_calls=None))),
            "the model came to no call within 512 tokens",
        ),
        (
            "stop",
            edited(message("no-thinking", content="I do not know.")),
            "has no 'Paris' in it",
        ),
        (
            "streamed-same",
            edited(message("no-thinking", content="")),
            "the answer in one piece is empty",
        ),
        ("gone", Behaviour(stream_faults=frozenset({"burst"})), "the whole answer came at once"),
        (
            "gone",
            Behaviour(
                edit=top("models", data=[{"id": MODEL, "max_model_len": 80}]),
                faults=frozenset({"keeps"}),
            ),
            "an answer of 40 tokens may have been over before the engine looked",
        ),
        ("gone", wrong("blind"), "did not move; nothing else would tell"),
        ("gone", wrong("quiet", "others"), "another engine answered than the one that was left"),
        ("crowd", edited(message("no-thinking", content="!!!!")), "answered wrong"),
        ("long-prompt", edited(top("models", data=[{"id": MODEL}])), "does not tell max_model_len"),
        (
            "long-prompt",
            edited(message("needles", content="Hm.")),
            "does not find two numbers in a short text",
        ),
    ],
)
def test_what_could_not_be_seen_is_said_and_does_not_pass(
    probe: str, behaviour: Behaviour, words: str
) -> None:
    verdict = ask(probe, behaviour)
    assert verdict.outcome is Outcome.UNSEEN
    assert words in verdict.message


@pytest.mark.parametrize(
    "probe", [name for name in NAMES if name not in {"models", "admin", "huge-body", IN_FRONT}]
)
def test_a_server_that_hangs_fails_in_time(probe: str) -> None:
    # The list of models is asked for first of all: see test_run. Two probes need nothing else.
    paths = frozenset({"/health", "/metrics", CHAT, COMPLETIONS})
    verdict = ask(probe, Behaviour(hang=paths), timeout=HASTY)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.message == "the server said nothing for 1 s"
    assert verdict.seconds < 60


def test_a_stream_tells_when_its_first_piece_came() -> None:
    verdict = ask("stream")
    told = (
        re.search(r"\d pieces, the first after (\d+\.\d\d) s", each) for each in verdict.checked
    )
    (after,) = (float(each[1]) for each in told if each)
    assert after <= verdict.seconds + 0.01  # it is rounded


def test_an_answer_cut_with_text_in_it_is_still_an_answer() -> None:
    verdict = ask("chat", edited(choice("chat", finish_reason="length")))
    assert "finish_reason is length" in verdict.checked


def test_reasoning_that_is_only_a_short_word_may_come_again_in_content() -> None:
    words = message("thinking", reasoning_content="It", content="It is a way to sort.")
    assert ask("thinking", edited(words)).outcome is Outcome.PASSED


def test_a_failure_keeps_what_held_before_it() -> None:
    verdict = ask("tools", edited(call(arguments="no")))
    assert verdict.checked == ("calls get_weather", "has an id")
    assert verdict.detail == ("no",)


def test_an_error_within_a_stream_is_told() -> None:
    body = f"data: {json.dumps({'error': {'message': 'out of memory'}})}\n\n"
    verdict = ask("stream", raw(CHAT, 200, body, "text/event-stream"))
    assert verdict.message == "the server reported an error within its answer: out of memory"
