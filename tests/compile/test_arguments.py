"""From fields to flags: spelling, order, derived values, and the laws of compiling."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.compile.release import compile_profile
from deployer.facts.sglang.versions import release_key
from deployer.profile.documentation import field_docs
from deployer.profile.fields import section_models
from deployer.profile.model import Profile
from deployer.release import Release


def profile(**sections: Any) -> Profile:
    base: dict[str, Any] = {
        "name": "x",
        "target": "local",
        "model": {"path": "/models/x", "repo": "a/b", "served_name": "x"},
        "hardware": {"gpu": "H100", "count": 4},
        "engine": {"version": "0.5.10.post1"},
    }
    merged = {**base, **sections}
    return Profile.model_validate(merged)


def argv(**sections: Any) -> str:
    return " ".join(compile_profile(profile(**sections)).argv()[3:])


def test_tensor_parallelism_follows_from_the_gpus() -> None:
    release = compile_profile(profile())
    (tp,) = [a for a in release.arguments if a.flag == "--tp-size"]

    assert (tp.values, tp.source) == (("4",), "hardware.count")


def test_pipeline_stages_divide_the_gpus() -> None:
    assert "--tp-size 2 " in argv(parallel={"pp": 2})


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.5.9", "--attention-backend nsa --nsa-decode-backend trtllm"),
        ("0.5.12", "--attention-backend nsa --nsa-decode-backend trtllm"),
        ("0.5.13", "--attention-backend dsa --dsa-decode-backend trtllm"),
        ("0.5.23", "--attention-backend dsa --dsa-decode-backend trtllm"),
    ],
)
@pytest.mark.parametrize("written", ["nsa", "dsa"])
def test_sparse_attention_is_spelt_as_the_release_knows_it(
    version: str, expected: str, written: str
) -> None:
    kernels = {"attention": written, "decode": "trtllm"}

    assert expected in argv(engine={"version": version}, kernels=kernels)


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("0.5.13", True, "--enable-flashinfer-allreduce-fusion"),
        ("0.5.14", True, "--flashinfer-allreduce-fusion-backend auto"),
        ("0.5.10.post1", False, "--enforce-disable-flashinfer-allreduce-fusion"),
    ],
)
def test_fusion_is_spelt_as_the_release_knows_it(version: str, wanted: bool, expected: str) -> None:
    compiled = argv(engine={"version": version}, kernels={"allreduce_fusion": wanted})

    assert compiled.endswith(expected)


def test_data_parallel_attention_is_one_flag_where_the_release_has_it() -> None:
    parallel = {"dp": 4, "dp_attention": True}
    older = argv(engine={"version": "0.5.21"}, parallel=parallel)
    newer = compile_profile(profile(engine={"version": "0.5.22"}, parallel=parallel)).arguments
    (size,) = [a for a in newer if a.flag == "--attn-dp-size"]

    assert "--dp-size 4 --enable-dp-attention" in older
    assert (size.values, size.source) == (("4",), "parallel.dp")
    assert not {"--dp-size", "--enable-dp-attention"} & {a.flag for a in newer}


def test_replicas_stay_replicas() -> None:
    assert "--dp-size 4" in argv(engine={"version": "0.5.23"}, parallel={"dp": 4})


def test_no_graphs_are_said_to_both_phases_where_the_release_has_them() -> None:
    off = {"cuda_graph": False}
    newer = compile_profile(profile(engine={"version": "0.5.14"}, kernels=off)).arguments

    assert argv(kernels=off).endswith("--disable-cuda-graph")
    assert [(a.flag, a.values, a.source) for a in newer[-2:]] == [
        ("--cuda-graph-backend-decode", ("disabled",), "kernels.cuda_graph"),
        ("--cuda-graph-backend-prefill", ("disabled",), "kernels.cuda_graph"),
    ]


def test_what_a_release_cannot_say_keeps_its_own_name_and_key() -> None:
    moe = {"runner": "humming"}
    (runner,) = [a for a in compile_profile(profile(moe=moe)).arguments if "moe" in a.flag]
    fusion = argv(engine={"version": "0.5.9"}, kernels={"allreduce_fusion": False})

    assert (runner.flag, runner.values) == ("--moe-runner-backend", ("humming",))
    assert runner.source == "moe.runner"
    assert fusion.endswith("--enforce-disable-flashinfer-allreduce-fusion")


def test_a_release_without_a_catalogue_is_compiled_in_the_newest_words() -> None:
    compiled = argv(engine={"version": "0.6.99"}, kernels={"decode": "trtllm"})

    assert compiled.endswith("--dsa-decode-backend trtllm")


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ({"num_steps": 3, "eagle_topk": 1}, ("4", "speculative.num_steps")),
        (
            {"num_steps": 3, "eagle_topk": 1, "num_draft_tokens": 4},
            ("4", "speculative.num_draft_tokens"),
        ),
        ({"num_steps": 3, "eagle_topk": 4}, None),
        ({"num_steps": 3}, None),
        ({"eagle_topk": 1}, None),
        ({"algorithm": "NGRAM", "num_steps": 3, "eagle_topk": 1}, None),
    ],
)
def test_draft_tokens_follow_from_the_steps_of_one_branch(
    stated: dict[str, Any], found: tuple[str, str] | None
) -> None:
    compiled = compile_profile(profile(speculative={"algorithm": "EAGLE", **stated}))
    tokens = [a for a in compiled.arguments if a.flag == "--speculative-num-draft-tokens"]

    assert [(*a.values, a.source) for a in tokens] == ([found] if found else [])


def test_what_is_left_out_says_nothing() -> None:
    assert "fusion" not in argv()
    assert "radix" not in argv()


def test_a_switch_that_is_on_by_default_compiles_to_its_opposite() -> None:
    assert "--disable-radix-cache" in argv(memory={"radix_cache": False})


def test_free_arguments_come_last_in_the_order_of_the_file() -> None:
    args = {"enable-mixed-chunk": True, "cuda-graph-bs": [1, 2, 4], "dist-timeout": 3600}
    compiled = argv(engine={"version": "0.5.10.post1", "args": args})

    assert compiled.endswith("--enable-mixed-chunk --cuda-graph-bs 1 2 4 --dist-timeout 3600")


def test_whole_numbers_have_no_point() -> None:
    assert "--watchdog-timeout 1200" in argv(observability={"watchdog_timeout": 1200.0})
    assert "--schedule-conservativeness 0.3" in argv(schedule={"conservativeness": 0.3})


def test_every_field_is_documented() -> None:
    assert len(section_models()) > 10
    for kind in section_models():
        assert set(field_docs(kind)) == set(kind.model_fields), kind


def test_releases_are_ordered_as_numbers() -> None:
    versions = ["0.5.9", "0.5.10", "0.5.10.post1", "0.5.11", "0.5.23"]

    assert sorted(versions, key=release_key) == versions


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "memory": st.fixed_dictionaries(
            {},
            optional={
                "mem_fraction_static": st.floats(0.01, 0.99),
                "max_total_tokens": st.integers(1, 10**7),
                "radix_cache": st.booleans(),
            },
        ),
        "schedule": st.fixed_dictionaries(
            {}, optional={"max_running_requests": st.integers(1, 4096)}
        ),
        "observability": st.fixed_dictionaries(
            {}, optional={"watchdog_timeout": st.floats(0.5, 10**5), "metrics": st.booleans()}
        ),
        "lifecycle": st.fixed_dictionaries(
            {},
            optional={
                "startup_timeout": st.integers(1, 86400),
                "drain_timeout": st.floats(0, 86400),
            },
        ),
    },
)


@given(FIELDS)
def test_a_release_survives_json_and_is_the_same_to_the_byte(sections: dict[str, Any]) -> None:
    release = compile_profile(profile(**sections))
    again = Release.from_json(release.to_json())

    assert again == release
    assert again.to_json() == release.to_json() == compile_profile(profile(**sections)).to_json()
    assert again.digest() == release.digest()


@given(FIELDS)
def test_every_argument_parses_back_to_what_was_stated(sections: dict[str, Any]) -> None:
    release = compile_profile(profile(**sections))
    found = {a.flag: a.values for a in release.arguments}

    for section, field, flag in (
        ("memory", "mem_fraction_static", "--mem-fraction-static"),
        ("memory", "max_total_tokens", "--max-total-tokens"),
        ("schedule", "max_running_requests", "--max-running-requests"),
        ("observability", "watchdog_timeout", "--watchdog-timeout"),
    ):
        stated = sections.get(section, {}).get(field)
        assert (flag in found) == (stated is not None)
        if stated is not None:
            assert float(found[flag][0]) == stated
