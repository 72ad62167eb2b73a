"""What the real SGLang answers with the tiny model, on the server of :mod:`tests.life.conftest`."""

import contextlib
import http.client
import json
import re
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deployer.facts.sglang.routes import clients
from tests.life.living import Life

pytestmark = [pytest.mark.engine]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather in a given city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "City name, e.g. Tokyo"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
}


@dataclass
class Server:
    """A running server and how to ask it."""

    port: int
    key: str

    def post(self, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps({"model": "glm-tiny", "temperature": 0} | body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {key or self.key}"},
        )
        with urllib.request.urlopen(request, timeout=300) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def chat(self, content: str | list[dict[str, Any]], **body: Any) -> dict[str, Any]:
        messages = [{"role": "user", "content": content}] if isinstance(content, str) else content
        answer = self.post("/v1/chat/completions", {"messages": messages, "max_tokens": 600} | body)
        choice: dict[str, Any] = answer["choices"][0]
        return choice


@pytest.fixture(scope="module")
def server(life: Life, applied: subprocess.CompletedProcess[str]) -> Server:
    assert applied.returncode == 0
    return Server(life.port, life.key())


def test_thinks_then_answers(server: Server) -> None:
    choice = server.chat("Say hello.")
    assert "greet" in choice["message"]["reasoning_content"]
    assert choice["message"]["content"].startswith("Hello!")
    assert choice["finish_reason"] == "stop"


def test_answers_without_thinking(server: Server) -> None:
    choice = server.chat(
        "Explain quicksort in one sentence.", chat_template_kwargs={"enable_thinking": False}
    )
    assert not choice["message"].get("reasoning_content")
    assert "pivot" in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"


@pytest.mark.parametrize("thinking", [True, False])
@pytest.mark.parametrize("choice", ["auto", "required"])
@pytest.mark.parametrize("city", ["Tokyo", "Paris"])
def test_calls_a_tool_with_the_city_of_the_question(
    server: Server, city: str, choice: str, thinking: bool
) -> None:
    answer = server.chat(
        f"What's the weather in {city}?",
        tools=[WEATHER],
        tool_choice=choice,
        chat_template_kwargs={"enable_thinking": thinking},
    )
    assert answer["finish_reason"] == "tool_calls"
    (call,) = answer["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {"city": city}


def test_answers_from_the_tool_result(server: Server) -> None:
    first = server.chat("What's the weather in Tokyo?", tools=[WEATHER])["message"]
    result = json.dumps({"temperature": 21, "unit": "celsius", "condition": "sunny"})
    second = server.chat(
        [
            {"role": "user", "content": "What's the weather in Tokyo?"},
            first,
            {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": result},
        ],
        tools=[WEATHER],
    )
    assert second["message"]["content"] == "The weather in Tokyo is sunny."
    assert second["finish_reason"] == "stop"


@pytest.mark.parametrize("thinking", [True, False])
@pytest.mark.parametrize(
    "question",
    [
        "Name three colors as a JSON object.",
        "List 3 planets as JSON with name and diameter_km.",
        "Say hello.",
    ],
)
def test_json_object(server: Server, question: str, thinking: bool) -> None:
    choice = server.chat(
        question,
        response_format={"type": "json_object"},
        chat_template_kwargs={"enable_thinking": thinking},
    )
    assert isinstance(json.loads(choice["message"]["content"]), dict)
    assert choice["finish_reason"] == "stop"
    assert bool(choice["message"].get("reasoning_content")) is thinking


def test_json_schema(server: Server) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    }
    choice = server.chat(
        "Describe a person.",
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "person", "schema": schema},
        },
    )
    assert set(json.loads(choice["message"]["content"])) == {"name", "age"}


@pytest.mark.parametrize("many", [20, 100, 170])
def test_long_prompts(server: Server, many: int) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * many
    choice = server.chat(f"{text}\n\nSummarize the text above in one sentence.")
    assert choice["message"]["content"].startswith("The text repeats")


def test_answer_of_any_length(server: Server) -> None:
    """What tests of draining stream: under ignore_eos an answer is as long as max_tokens says."""
    body = {"messages": [{"role": "user", "content": "Tell me a long story."}]}
    told = server.post("/v1/chat/completions", body | {"max_tokens": 600, "ignore_eos": True})
    assert told["usage"]["completion_tokens"] == 600
    assert told["choices"][0]["finish_reason"] == "length"


def test_plain_completion(server: Server) -> None:
    answer = server.post("/v1/completions", {"prompt": "The capital of France is", "max_tokens": 8})
    assert answer["choices"][0]["text"] == " Paris."


def test_key_is_asked_for_and_stands_in_no_process_list(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        server.post("/v1/completions", {"prompt": "x", "max_tokens": 1}, key="another")
    caught.value.close()
    assert caught.value.code == 401
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes()
        except OSError:
            continue
        assert server.key.encode() not in words


def test_no_route_of_the_running_engine_answers_outside_of_the_list(
    life: Life, server: Server
) -> None:
    """Every route that the engine itself says it has, with every key that there is."""
    key, admin_key = life.engine_keys
    engine = engine_port(life)
    told = json.loads(ask(engine, "GET", "/openapi.json", key)[1])
    assert ask(engine, "GET", "/server_info", key)[0] == 200
    routes = {
        (method.upper(), filled(path))
        for path, methods in told["paths"].items()
        for method in methods
    }
    routes |= {("GET", path) for path in ("/docs", "/redoc", "/openapi.json", "/metrics/")}
    let_in = {"/health", "/metrics", "/v1/models/glm-tiny"}
    let_in |= {filled(each.path) for each in clients("0.5.23")}
    closed = sorted((method, path) for method, path in routes if path not in let_in)
    assert len(closed) > 60
    assert ("GET", "/server_info") in closed
    asked = 0
    for given in (server.key, key, admin_key, ""):
        for method, path in closed:
            status, text, release = ask(server.port, method, path, given)
            assert (status, bool(release)) == (404, True), (method, path, text)
            asked += 1
        for path in sorted(let_in - {"/health"} if given != server.key else ()):
            status, _, release = ask(server.port, "GET", path, given)
            assert status in {401, 405}, path
            assert release
    assert asked == 4 * len(closed)


def filled(path: str) -> str:
    """Put a name in the place of each that a route leaves open."""
    return re.sub(r"\{[^}]*\}", "glm-tiny", path)


def engine_port(life: Life) -> int:
    """Find where the engine listens: its words say it last."""
    words = (
        (Path("/proc") / str(pid) / "cmdline").read_bytes().decode().split("\0")
        for pid in life.processes()
    )
    (found,) = {
        each[len(each) - 1 - each[::-1].index("--port") + 1] for each in words if "--port" in each
    }
    return int(found)


def ask(port: int, method: str, path: str, key: str) -> tuple[int, str, str]:
    """Give status and body, and which release a door says that it is."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as line:
        line.request(method, path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("X-Deployer-Release", "")
