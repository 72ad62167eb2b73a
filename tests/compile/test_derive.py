"""What follows from what: one place for each, and every branch of it."""

from __future__ import annotations

import json

import pytest
import yaml

from deployer.compile import derive
from deployer.compile.warmup import FILLER, FILLER_TOKENS, warmup_requests
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from deployer.release import WarmupRequest
from tests.check.sane import Change, changed

COMMIT = "f396cf805182f4ca10fa675e1a99815b3ca384db"
LOCAL: Change = {"target": "local", "modal": None}
NO_PARSERS: Change = {"serving": {"reasoning_parser": None, "tool_call_parser": None}}


def of(change: Change | None = None, then: Change | None = None) -> Profile:
    made = changed(then or {}, changed(change or {}))
    profile = load_profile(yaml.safe_dump(made, sort_keys=False), "p.yaml").profile
    assert profile is not None
    return profile


@pytest.mark.parametrize(
    ("parallel", "replicas", "tensor"),
    [
        ({}, 1, 8),
        ({"pp": 2}, 1, 4),
        ({"dp": 2}, 2, 4),
        ({"dp": 2, "pp": 2}, 2, 2),
        ({"dp": 8, "dp_attention": True}, 1, 8),
        ({"dp": 4, "pp": 2}, 4, 1),
        ({"dp": 8, "pp": 2}, 8, None),
    ],
)
def test_gpus_are_divided_by_stages_and_replicas(
    parallel: Change, replicas: int, tensor: int | None
) -> None:
    profile = of({"parallel": parallel})

    assert derive.replicas(profile) == replicas
    assert derive.tensor_parallel(profile) == tensor
    fields = derive.derived_fields(profile)
    assert fields.get("parallel.tp") == (None if tensor is None else (tensor, "hardware.count"))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({}, f"/model-cache/GLM-5.1-FP8/{COMMIT}"),
        ({"model": {"revision": "main"}}, "/model-cache/GLM-5.1-FP8"),
        ({"model": {"path": "/here"}}, "/here"),
        (LOCAL, f"/GLM-5.1-FP8/{COMMIT}"),
    ],
)
def test_the_folder_of_the_weights(change: Change, path: str) -> None:
    assert derive.model_path(of(change)) == path


@pytest.mark.parametrize(
    ("speculative", "tokens"),
    [
        ({"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1}, 4),
        ({"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 2, "num_draft_tokens": 8}, None),
        ({"algorithm": "NGRAM", "num_draft_tokens": 8}, None),
        (None, None),
    ],
)
def test_draft_tokens_follow_from_the_steps(speculative: Change | None, tokens: int | None) -> None:
    assert derive.draft_tokens(of({"speculative": speculative})) == tokens


def test_what_a_container_takes_and_waits_for() -> None:
    life = {"startup_timeout": 1000, "warmup_timeout": 100, "warmup": ["chat", "tools"]}
    assert derive.launch_and_warmup(of({"lifecycle": life})) == 1200
    asked = of({"lifecycle": life})
    assert derive.container_startup(asked) == 1200 + derive.STARTUP_MARGIN
    assert derive.container_startup(of({"lifecycle": life, "modal": {"startup_timeout": 77}})) == 77
    assert derive.container_startup(of(LOCAL, {"lifecycle": life})) == 1200 + derive.STARTUP_MARGIN
    assert derive.container_startup(of({"lifecycle": {**life, "startup_timeout": 86000}})) == 86400

    assert derive.max_inputs(of()) == 48
    assert derive.max_inputs(of({"modal": {"max_inputs": 5}})) == 5
    assert derive.max_inputs(of({"schedule": None})) == 1


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({}, {"chat", "no_thinking", "long_context", "tools"}),
        ({"serving": {"reasoning_parser": None}}, {"chat", "long_context", "tools"}),
        ({"serving": {"tool_call_parser": None}}, {"chat", "no_thinking", "long_context"}),
        (NO_PARSERS, {"chat", "long_context"}),
        ({"lifecycle": {"warmup": ["tools"]}}, {"tools"}),
        ({"lifecycle": {"warmup": []}}, set()),
    ],
)
def test_what_is_warmed_up_is_what_can_be_answered(change: Change, kinds: set[str]) -> None:
    assert set(derive.warmup_kinds(of(change))) == kinds


ALL: Change = {"lifecycle": {"warmup": ["chat", "no_thinking", "long_context", "tools"]}}


def requests(change: Change) -> dict[str, WarmupRequest]:
    return {one.kind: one for one in warmup_requests(of(ALL, change))}


def test_the_requests_ask_for_little_and_all_alike() -> None:
    bodies = {kind: json.loads(one.body) for kind, one in requests({}).items()}

    assert {kind: body["max_tokens"] for kind, body in bodies.items()} == {
        "chat": 128,
        "no_thinking": 128,
        "long_context": 128,
        "tools": 512,
    }
    assert {(body["model"], body["temperature"]) for body in bodies.values()} == {("glm-5.1", 0)}
    assert bodies["no_thinking"]["chat_template_kwargs"] == {"enable_thinking": False}
    assert "chat_template_kwargs" not in bodies["chat"]
    assert bodies["tools"]["tool_choice"] == "auto"


@pytest.mark.parametrize(
    ("change", "answer", "tools"),
    [
        ({}, ("content", "reasoning_content"), ("content", "reasoning_content", "tool_calls")),
        (
            {"serving": {"tool_call_parser": None}},
            ("content", "reasoning_content"),
            ("content",),
        ),
        ({"serving": {"reasoning_parser": None}}, ("content",), ("content", "tool_calls")),
    ],
)
def test_an_answer_lies_where_a_parser_puts_it(
    change: Change, answer: tuple[str, ...], tools: tuple[str, ...]
) -> None:
    found = requests(change)

    assert found["chat"].expect == found["long_context"].expect == answer
    assert found["no_thinking"].expect == ("content",)
    assert found["tools"].expect == tools


@pytest.mark.parametrize(
    ("tokens", "repeat"), [(FILLER_TOKENS * 2 - 1, 1), (FILLER_TOKENS * 50, 50)]
)
def test_only_the_long_request_is_filled(tokens: int, repeat: int) -> None:
    found = requests({"lifecycle": {"warmup_long_tokens": tokens}})

    assert (found["long_context"].filler, found["long_context"].repeat) == (FILLER, repeat)
    others = [(one.filler, one.repeat) for kind, one in found.items() if kind != "long_context"]
    assert others == [("", 0)] * 3


@pytest.mark.parametrize(
    ("change", "tokens"),
    [
        ({}, 8192),
        ({"model": {"context_length": 8448}}, 8192),
        ({"model": {"context_length": 2200}}, 2200 - 256),
        ({"memory": {"max_total_tokens": 4096}}, 4096 - 256),
        ({"model": {"context_length": 4000}, "memory": {"max_total_tokens": 3000}}, 3000 - 256),
    ],
)
def test_the_long_prompt_is_as_long_as_there_is_room_for(change: Change, tokens: int) -> None:
    assert requests(change)["long_context"].repeat == tokens // FILLER_TOKENS


def test_without_room_for_a_long_prompt_there_is_none() -> None:
    change = {"lifecycle": {"warmup": None}, "model": {"context_length": 256}}
    assert "long_context" not in requests(change)
