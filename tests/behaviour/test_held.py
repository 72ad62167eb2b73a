"""What the room states, against what SGLang itself resolves: published commands, every release.

`resolved.json` is what the releases said (``make held``): it is cheap to compare with, and the
tests at the end ask the releases again whether it is still so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deployer.behaviour.attention import SAME
from deployer.behaviour.fraction import own
from deployer.behaviour.resolved import Resolved
from deployer.behaviour.settings import of_flags
from deployer.facts.models.catalogue import find
from deployer.facts.sglang.catalogue import releases
from tests.volume import THOROUGH
from tools.held import Case, asked, cases, read, stated
from tools.held import given as read_by

CASES = {case.name: case for case in cases()}
TRUTH = read()

VALUES: dict[str, Callable[[Resolved], Any]] = {
    "kv_cache_dtype": lambda room: room.kv_cache_dtype.value,
    "attention": lambda room: room.attention_backend.value,
    "decode": lambda room: room.decode_attention_backend.value,
    "sparse_prefill": lambda room: room.dsa_prefill_backend.value,
    "sparse_decode": lambda room: room.dsa_decode_backend.value,
    "moe_runner": lambda room: room.moe_runner_backend.value,
    "fusion": lambda room: bool(room.allreduce_fusion.value),
    "page_size": lambda room: room.page_size.value,
    "chunked_prefill_size": lambda room: room.chunked_prefill_size.value,
    "max_prefill_tokens": lambda room: room.max_prefill_tokens.value,
    "max_running_requests": lambda room: room.max_running_requests.value,
    "graphs": lambda room: list(room.graph_batches.value or ()),
}
"""What is held, and what the room says of it."""

SPELT: dict[str, Callable[[Any], Any]] = {
    "kv_cache_dtype": lambda value: SAME.get(value, value),  # a stated word stays as it is
    "fusion": bool,  # up to 0.5.13 a switch; later the backend, which `auto` leaves to the start
    "decode": lambda value: value or "",
    "sparse_prefill": lambda value: value or "",
    "sparse_decode": lambda value: value or "",
}
"""How the engine's value is read where it has several words for one thing."""

NOT_STATED = {
    "moe_runner": {
        "openai/gpt-oss-120b": "on SM90 and older a package decides (triton_kernels)",
        "openai/gpt-oss-20b": "on SM90 and older a package decides (triton_kernels)",
        "deepseek-ai/DeepSeek-V4-Pro": "all-to-all exchange (megamoe) has rules of its own",
        "nvidia/GLM-5.2-NVFP4": "NVFP4 beside SM100 has rules of its own",
    },
}
"""Values of which the room says that it does not know them, and why; all others it states."""


def answers(version: str) -> list[tuple[Case, dict[str, Any]]]:
    """Give the cases that a release resolves, of models that it has code for."""
    return [
        (CASES[name], answer)
        for name, answer in TRUTH[version].items()
        if answer["outcome"] == "resolved" and not answer.get("missing")
    ]


@pytest.mark.parametrize("version", list(TRUTH))
def test_what_is_stated_is_what_the_engine_resolves(version: str) -> None:
    wrong, unknown = [], set()
    for case, truth in answers(version):
        room = stated(case, version)
        for value, say in VALUES.items():
            theirs = SPELT.get(value, lambda found: found)(truth.get(value))
            ours = say(room)
            if ours is None and theirs is not None:
                unknown.add((value, case.model))
            elif ours != theirs:
                wrong.append((case.name, value, ours, theirs))
    assert wrong == []
    excused = {(value, model) for value, models in NOT_STATED.items() for model in models}
    assert unknown <= excused


AMISS = {
    "meta-llama/Llama-4-Scout-17B-16E-Instruct": (
        frozenset(TRUTH),
        "the shipped configuration does not say the size of its part for images",
    ),
    "moonshotai/Kimi-K2.5": (
        frozenset({"0.5.16", "0.5.17"}),
        "these two keep as much free as if graphs of prefill were captured",
    ),
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": (
        frozenset({"0.5.17"}),
        "this one keeps as little free as if no graphs of prefill were captured",
    ),
}
"""The models and releases whose own fraction is reckoned otherwise than the engine does, and why;
by no more than :data:`BAND`."""

BAND = 0.03


@pytest.mark.parametrize("version", list(TRUTH))
def test_the_own_fraction_is_what_the_engine_resolves(version: str) -> None:
    wrong, held = [], 0
    for case, truth in answers(version):
        flags = {
            next((each for each in SHORT if each in given.option.strings), given.string): given
            for given in read_by(case, version)
        }
        if "--mem-fraction-static" in flags:
            continue
        words = {flag: " ".join(given.words) for flag, given in flags.items()}
        checkpoint = find(case.model)
        assert checkpoint is not None
        ours = own(of_flags(checkpoint, case.gpu, version, words)).fraction
        amiss = version in AMISS.get(case.model, (frozenset(), ""))[0]
        held += 1
        if abs(ours - truth["mem_fraction_static"]) > (BAND if amiss else 1e-9):
            wrong.append((case.name, ours, truth["mem_fraction_static"]))
    assert wrong == []
    assert held > 100


SHORT = ("--tp-size", "--dp-size", "--ep-size", "--pp-size")
"""Spellings by which a release's other names for them are known to the rule."""


def test_every_excuse_is_needed() -> None:
    """Of the others :func:`test_what_is_stated_is_what_the_engine_resolves` asks."""
    needed = {
        (value, case.model)
        for version in TRUTH
        for case, truth in answers(version)
        for value, models in NOT_STATED.items()
        if case.model in models
        and truth.get(value) is not None
        and VALUES[value](stated(case, version)) is None
    }
    assert needed == {(value, model) for value, models in NOT_STATED.items() for model in models}


def test_enough_is_held_and_every_release_was_asked() -> None:
    assert list(TRUTH) == list(releases())
    assert all(list(TRUTH[version]) == list(CASES) for version in TRUTH)
    commands = {(case.model, case.words) for case in CASES.values()}
    assert len(commands) >= 80
    assert len({case.model for case in CASES.values()}) >= 35
    gpus = {case.gpu for case in CASES.values()}
    assert gpus >= {"H100", "H200", "B200", "B300", "RTX-PRO-6000", "L40S", "A100-80GB", "T4"}
    held = sum(len(answers(version)) for version in TRUTH)
    assert held >= 3000
    assert all(case.source for case in CASES.values())
    assert all(find(case.model) is not None for case in CASES.values())


AGAIN = list(releases()) if THOROUGH else ["0.5.23"]
"""The releases that are asked again: the newest, or all. That of the shipped profiles is asked
about these and their variations (``test_against_the_engine.py``)."""

EVERY = 1 if THOROUGH else 6
"""Of so many cases one is asked again."""


@pytest.mark.engine
@pytest.mark.wheels
@pytest.mark.process
@pytest.mark.usefixtures("engine_environment")
@pytest.mark.parametrize("version", AGAIN)
def test_the_releases_still_say_so(version: str) -> None:
    wanted = list(CASES.values())[::EVERY]
    found = dict(zip([case.name for case in wanted], asked(version, wanted), strict=True))
    for name, answer in found.items():
        said = {key: value for key, value in answer.items() if value is not None}
        assert said == TRUTH[version][name], name
