"""What an engine says of its memory: asked, read, told, and heard again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deployer.serve.memory import Said, ask, heard, of_each, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from .living import Story


def body(*states: dict[str, Any]) -> str:
    return json.dumps({"internal_states": [{"memory_usage": state} for state in states]})


def state(tokens: int, graph: Any) -> dict[str, Any]:
    return {"token_capacity": tokens, "weight": 61.04, "kvcache": 60.0, "graph": graph}


@pytest.mark.parametrize("graph", [0.9, {"prefill": 0.5, "decode": 0.4}])
def test_graphs_are_one_number_or_one_a_phase(graph: Any) -> None:
    (said,) = read(body(state(205_661, graph)))

    assert (said.tokens, said.weights) == (205_661, 61.04)
    assert said.graphs == pytest.approx(0.9)
    assert said.text() == "a pool of 205,661 tokens, weights of 61.04 GiB, graphs of 0.90 GiB"


def test_what_is_told_is_heard_again() -> None:
    said = (Said(205_661, 61.04, 0.9), Said(1_205_000, -0.0, 0.0))  # -0.00: a tiny model's, on H200

    assert heard("; ".join(each.text() for each in said)) == said
    assert "weights of 0.00 GiB" in said[1].text()
    assert heard("the engine did not say what it holds: no answer (Timeout)") == ()
    assert of_each(said) == ((205_661, 1_205_000), (61.04, -0.0))


@pytest.mark.parametrize(
    "told",
    ["<html>", "[]", "{}", '{"internal_states": []}', '{"internal_states": [{}]}', body({})],
)
def test_an_engine_that_does_not_say_it(told: str) -> None:
    assert read(told) == ()


@pytest.mark.process
def test_a_start_tells_it(live: Callable[..., Story]) -> None:
    story = live("--holds", body(state(8_192, 0.9)))
    assert story.runtime.start()
    told = [e.message for e in story.events if (e.phase, e.state) == ("memory", "done")]

    assert told == ["a pool of 8,192 tokens, weights of 61.04 GiB, graphs of 0.90 GiB"]
    running = story.runtime._running
    assert running is not None
    inside = running.inside
    assert ask(inside.url(""), inside.key, 60) == told[0]
    assert ask(inside.url(""), "another", 60).startswith("the engine did not say what it holds: ")
