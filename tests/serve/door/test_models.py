"""A model that is not served is refused by the door, and never one that is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.release import Argument
from deployer.serve.door.models import DEFAULT, LONGEST, NAMING, objection
from deployer.serve.front import terms_of
from tests.serve.living import make_release
from tests.volume import scaled

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import House

CHAT = "/v1/chat/completions"
SERVED, ADAPTERS = ("glm", "org/glm-5"), ("sql",)


def said(body: object, route: str = CHAT) -> str:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return objection(route, text, SERVED, ADAPTERS)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "glm"},
        {"model": "org/glm-5", "messages": []},
        {"model": "glm:sql"},
        {"model": DEFAULT},
        {"model": None},
        {"model": 3},
        {},
        {"messages": [{"content": '"model": "other"'}]},
        {"metadata": {"model": "other"}, "model": "glm"},
        {"metadata": {"model": "other"}},
        b'{"model"  :\n"glm"}',
        b'{"model": "\\u0067lm"}',
        [],
        b"",
        b'{"model": "other"',
        b"[" * 100_000,
        b'{"model": "\xff"',
    ],
)
def test_what_is_served_or_names_nothing_passes(body: object) -> None:
    assert said(body) == ""


@pytest.mark.parametrize(
    "body",
    [
        {"model": "other"},
        {"model": ""},
        {"model": "GLM"},
        {"model": "glm:none"},
        {"model": "other:sql"},
        {"model": "glm:"},
        {"messages": [{"content": '"model": "glm"'}], "model": "other"},
        {"metadata": {"model": "glm"}, "model": "other"},
        b'{"model": "glm", "model": "other"}',
    ],
)
@pytest.mark.parametrize("route", sorted(NAMING))
def test_what_is_not_served_is_refused_with_what_is(body: object, route: str) -> None:
    assert said(body, route).endswith("is not served here: ask for `glm`, `org/glm-5`, `glm:sql`")


def test_an_adapters_bare_name_says_how_to_ask_for_it() -> None:
    """The engine would answer with the model alone, and nobody would see it."""
    assert said({"model": "sql"}).startswith("the model `sql` is not served here")
    assert "`glm:sql`" in said({"model": "sql"})


def test_others_are_not_looked_at() -> None:
    asked = json.dumps({"model": "other"}).encode()
    assert said(asked, "/v1/messages") == said(asked, "/v1/rerank") == ""
    assert objection(CHAT, asked, (), ()) == ""
    assert objection(CHAT, asked + b" " * LONGEST, SERVED, ()) == ""


def test_what_a_refusal_repeats_is_short_and_shows_itself() -> None:
    told = said({"model": "a\x1b[2J\u202e" + "b" * 5000})
    assert len(told) < 400
    assert "\x1b" not in told
    assert "\u202e" not in told


@scaled(0.3)
@given(
    st.sampled_from(["glm", "org/glm-5", "glm:sql", "other", "", DEFAULT, "glm:x"]),
    st.dictionaries(st.text(max_size=8), st.text(max_size=12) | st.integers(), max_size=4),
    st.booleans(),
)
def test_it_says_what_reading_the_whole_would_say(
    name: str, others: dict[str, object], first: bool
) -> None:
    body = {"model": name, **others} if first else {**others, "model": name}
    right = body["model"] in {"glm", "org/glm-5", "glm:sql", DEFAULT}
    assert (said(body) == "") == (right or not isinstance(body["model"], str))


def test_a_release_tells_its_names() -> None:
    release = make_release()
    loaded = Argument("--lora-paths", ("sql=/models/sql", "py=/models/py"), "lora.adapters")
    terms = terms_of(replace(release, arguments=(*release.arguments, loaded)), "0" * 12)
    assert (terms.models, terms.adapters) == ((release.model.served_name,), ("sql", "py"))


@pytest.mark.process
def test_a_client_is_told_as_openai_would(house: Callable[..., House]) -> None:
    at = house(models=("glm",))
    answer = at.ask("POST", CHAT, json={"model": "gpt-4o", "messages": []})
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    assert error["type"] == "invalid_request_error"
    assert "`glm`" in error["message"]
    assert at.upstream.seen == []
    assert at.ask("POST", CHAT, json={"model": "glm"}).status_code == 200
    assert at.ask("POST", CHAT, "wrong", json={"model": "gpt-4o"}).status_code == 401
