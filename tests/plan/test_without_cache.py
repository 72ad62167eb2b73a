"""A profile without a kernel cache: right for a model that takes no kernels, told for others."""

from __future__ import annotations

import pytest

from deployer.check.run import load_checked
from deployer.codec import decode, encode
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.plan.again import kernels_again, reasons
from deployer.plan.diff import diff
from deployer.plan.effects import Effect
from deployer.plan.sides import NO_CACHE, Sides, side
from deployer.profile.load import load_profile
from deployer.release import Release
from deployer.report.contents import contents

PROFILE = """\
name: x
model: {{repo: {repo}, revision: "0123456789012345678901234567890123456789", served_name: m}}
hardware: {{gpu: H100, count: 1}}
engine: {{version: 0.5.23, image: "lmsysorg/sglang:v0.5.23"}}
schedule: {{max_running_requests: 8}}
serving: {{api_key_env: null}}
modal:
  app: x
  weights: {{volume: w, path: /model-cache}}
"""
CACHE = "  kernel_cache: {volume: k, path: /dg-cache}\n"
LLAMA, FP8, NOBODYS = "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen3-32B-FP8", "acme/own"


def release(repo: str, more: str = "") -> Release:
    loaded = load_profile(PROFILE.format(repo=repo) + more, "p.yaml")
    assert loaded.profile is not None, loaded.findings
    return Case(loaded.profile).release


def told(repo: str, more: str = "") -> list[str]:
    _, found = load_checked(PROFILE.format(repo=repo) + more, "p.yaml")
    assert not [one for one in found if one.severity is Severity.ERROR]
    return [one.message for one in found if one.check == "kernels-without-cache"]


def test_a_model_in_bf16_needs_none() -> None:
    assert told(LLAMA) == []
    assert side(release(LLAMA)).no_kernels.startswith("none are needed: the weights are unquan")
    assert side(release(LLAMA)).kernels is None


@pytest.mark.parametrize(
    ("repo", "said"), [(FP8, "compiles kernels at every start"), (NOBODYS, "which nobody knows")]
)
def test_another_one_is_told_and_plans_no_compilation(repo: str, said: str) -> None:
    (message,) = told(repo)

    assert said in message
    assert told(repo, CACHE) == []
    assert side(release(repo)).no_kernels == NO_CACHE
    assert side(release(repo)).kernels is None


def test_nothing_is_mounted_for_them_and_no_variable_points_there() -> None:
    made = release(LLAMA)

    assert made.modal is not None
    assert [one.path for one in made.modal.mounts] == ["/model-cache"]
    assert "SGLANG_DG_CACHE_DIR" not in {one.name for one in made.environment}
    assert [line for line in contents(made) if "volume " in line] == [
        "  mount       volume w at /model-cache"
    ]
    assert decode(Release, encode(made)) == made


def test_a_cache_that_comes_is_filled_and_one_that_goes_is_not() -> None:
    without, with_cache = release(FP8), release(FP8, CACHE)
    comes, goes = Sides(side(without), side(with_cache)), Sides(side(with_cache), side(without))

    assert kernels_again(comes)
    assert reasons(comes) == (f"of the old release {NO_CACHE}",)
    assert not kernels_again(goes)
    for found, compiles in ((diff(without, with_cache), True), (diff(with_cache, without), False)):
        effects = {one.effect for change in found.changes for one in change.consequences}
        assert (Effect.KERNELS in effects) is compiles
