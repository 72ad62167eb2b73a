"""Capacity is that of a server: the pool of one data-parallel rank is never compared with it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from deployer.compile.case import Case
from deployer.plan.capacity import Server, estimate
from deployer.plan.diff import diff
from deployer.plan.review import facts
from deployer.profile.load import load_profile
from deployer.release import Release
from tests.shipped import shipped

R1 = """\
name: deepseek-r1
target: modal
model: {repo: deepseek-ai/DeepSeek-R1, served_name: r1}
hardware: {gpu: H200, count: 8}
engine: {version: 0.5.19, image: "lmsysorg/sglang:v0.5.19"}
parallel: {tp: 8}
memory: {mem_fraction_static: 0.84}
schedule: {max_running_requests: 64}
serving: {api_key_env: null}
modal:
  app: r1
  weights: {volume: w, path: /model-cache}
  kernel_cache: {volume: k, path: /dg-cache}
"""


def release(**parallel: object) -> Release:
    found = yaml.safe_load(R1)
    found["parallel"].update(parallel)
    return compiled(found)


def compiled(profile: dict[str, Any]) -> Release:
    loaded = load_profile(yaml.safe_dump(profile), "r1.yaml")
    assert loaded.profile is not None, loaded.findings
    return Case(loaded.profile).release


def server(of: Release) -> Server:
    found = estimate(of)
    assert isinstance(found, Server)
    return found


TENSOR, ATTENTION = release(), release(dp=8, dp_attention=True)


def test_data_parallel_attention_multiplies_the_capacity_of_a_server() -> None:
    before, after = server(TENSOR), server(ATTENTION)

    assert (before.ranks, after.ranks) == (1, 8)
    assert after.pool.tokens < before.pool.tokens  # one rank has all of attention's weights
    assert 4 < after.tokens / before.tokens < 8

    capacity = diff(TENSOR, ATTENTION).capacity
    assert capacity is not None
    more = round(after.tokens - before.tokens, -3)
    assert capacity.difference == f"+{more:,} tokens"
    assert f"{round(after.tokens, -3):,} tokens of the server" in capacity.sentence
    assert "on each of its 8 data-parallel ranks" in capacity.sentence
    back = diff(ATTENTION, TENSOR).capacity
    assert back is not None
    assert back.difference == f"{-more:,} tokens"


@pytest.mark.parametrize("of", [TENSOR, ATTENTION], ids=["tensor", "attention"])
def test_what_is_said_of_all_requests_is_the_servers(of: Release) -> None:
    (row,) = [text for name, text in facts(of) if name == "KV pool"]

    assert f"about {round(server(of).tokens, -3):,} tokens" in row
    assert "tokens for all requests" in row
    assert ("on each of 8 data-parallel ranks" in row) is (of is ATTENTION)


def test_a_copy_of_the_model_has_a_pool_of_its_own() -> None:
    twice = yaml.safe_load(R1)
    twice["model"]["repo"] = "Qwen/Qwen3-32B"
    one, two = (compiled({**twice, "parallel": each}) for each in ({"tp": 8}, {"tp": 4, "dp": 2}))

    assert (server(one).ranks, server(two).ranks) == (1, 2)
    assert server(two).tokens == 2 * server(two).pool.tokens


@pytest.mark.parametrize("name", ["b200-fp8-eagle", "b200-no-spec", "h200-fallback"])
def test_the_shipped_profiles_have_one_rank(name: str) -> None:
    loaded = load_profile(shipped(name), name)
    assert loaded.profile is not None
    assert server(Case(loaded.profile).release).ranks == 1
