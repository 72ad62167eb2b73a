"""How weights are divided: the figures of the research, and the laws of a division."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.behaviour.weights import Division, copies, stages
from tests.shapes import MODELS

GLM = MODELS["zai-org/GLM-5.1-FP8"]
models = st.sampled_from(list(MODELS.values()))
powers = st.sampled_from([1, 2, 4, 8])


@pytest.mark.parametrize(
    ("division", "draft", "gib"),
    [
        (Division(8, 8), False, 88.84),
        (Division(8, 8), True, 90.15),
        (Division(8, 1), True, 101.29),
        (Division(16, 16), True, 46.28),
    ],
)
def test_the_figures_of_the_research(division: Division, draft: bool, gib: float) -> None:
    (stage,) = stages(GLM, division, draft=draft)

    assert stage.weights == pytest.approx(gib)


def test_four_gpus_hold_178() -> None:
    (stage,) = stages(GLM, Division(4, 4), draft=True)

    assert round(stage.weights) == 178


def test_every_rank_has_all_of_attention_with_data_parallel_attention() -> None:
    assert copies(GLM, Division(8, 1)) == pytest.approx(8 * copies(GLM, Division(8, 8)))
    assert copies(MODELS["Qwen/Qwen3-32B"], Division(8, 1)) == 0


@given(models, powers, st.booleans())
def test_twice_the_ranks_never_hold_more(model: object, ranks: int, draft: bool) -> None:
    one = stages(model, Division(ranks, ranks), draft=draft)
    two = stages(model, Division(2 * ranks, 2 * ranks), draft=draft)

    assert two[0].weights < one[0].weights
    assert two[0].weights >= one[0].weights / 2 - 0.1


@given(st.sampled_from(list(MODELS)), powers, powers, st.booleans())
def test_stages_share_every_layer(repo: str, ranks: int, pipeline: int, draft: bool) -> None:
    found = stages(MODELS[repo], Division(ranks, ranks, pipeline), draft=draft)
    whole = stages(MODELS[repo], Division(ranks, ranks), draft=draft)

    assert len(found) == pipeline
    assert sum(stage.layers for stage in found) == MODELS[repo].layers
    assert max(stage.layers for stage in found) - min(stage.layers for stage in found) <= 1
    assert sum(stage.weights for stage in found) >= whole[0].weights - 0.1
    assert max(stage.weights for stage in found) <= whole[0].weights


@given(st.sampled_from(list(MODELS)), powers, powers)
def test_data_parallel_attention_never_holds_less(repo: str, ranks: int, divided: int) -> None:
    division = Division(8, max(1, ranks // divided))
    (apart,) = stages(MODELS[repo], division, draft=False)
    (together,) = stages(MODELS[repo], replace(division, attention_ranks=8), draft=False)

    assert apart.weights >= together.weights


def test_the_last_stages_have_the_layers_that_are_left_over() -> None:
    found = stages(MODELS["deepseek-ai/DeepSeek-V3"], Division(8, 8, 2), draft=False)

    assert [stage.layers for stage in found] == [30, 31]
