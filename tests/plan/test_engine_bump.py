"""Another engine release: what is only spelt differently, and which defaults change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.cli.reading import read_release
from deployer.compile.release import compile_profile
from deployer.plan.changes import Change
from deployer.plan.diff import Diff, diff
from deployer.plan.effects import Effect
from deployer.profile.load import load_profile
from deployer.release import Argument, Release
from tests.report.pull_requests import BASE


def compiled(version: str, *edits: tuple[str, str]) -> Release:
    text = BASE.replace("version: 0.5.10.post1", f"version: {version}")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    loaded = load_profile(text, "x.yaml")
    assert loaded.profile is not None, loaded.findings
    return compile_profile(loaded.profile)


def flags(found: Diff) -> list[Change]:
    return [e.change for e in found.changes if e.change.what.startswith("--")]


def test_flags_that_are_only_spelt_differently_are_renamed() -> None:
    found = diff(compiled("0.5.10.post1"), compiled("0.5.23"))

    assert {c.kind for c in flags(found)} == {"renamed"}
    assert {f"{c.was} {c.old} -> {c.what} {c.new}" for c in flags(found)} == {
        " nsa -> --attention-backend dsa",
        "--nsa-decode-backend trtllm -> --dsa-decode-backend trtllm",
        "--nsa-prefill-backend flashmla_sparse -> --dsa-prefill-backend flashmla_sparse",
        "--enable-flashinfer-allreduce-fusion on -> --flashinfer-allreduce-fusion-backend auto",
    }
    renamed = [e for e in found.changes if e.change.kind == "renamed"]
    assert {one.effect for e in renamed for one in e.consequences} == {Effect.NOTHING}


def test_the_way_back_is_renamed_too() -> None:
    found = diff(compiled("0.5.23"), compiled("0.5.10.post1"))

    assert {c.kind for c in flags(found)} == {"renamed"}
    assert len(flags(found)) == 4


def test_a_renamed_flag_with_another_value_is_a_change_of_one_flag() -> None:
    new = compiled("0.5.23", ("decode: trtllm", "decode: flashmla_kv"))

    (change,) = [c for c in flags(diff(compiled("0.5.10.post1"), new)) if "decode" in c.what]

    assert change == Change(
        "changed", "kernels.decode", "--dsa-decode-backend", "trtllm", "flashmla_kv",
        was="--nsa-decode-backend",
    )  # fmt: skip


def test_a_renamed_choice_beside_another_one_is_a_change() -> None:
    new = compiled("0.5.23", ("attention: nsa", "attention: triton"))

    (change,) = [c for c in flags(diff(compiled("0.5.10.post1"), new)) if "attention" in c.what]

    assert (change.kind, change.old, change.new) == ("changed", "nsa", "triton")


def test_two_flags_that_became_one_are_said_by_it() -> None:
    old = replace(
        compiled("0.5.20"),
        arguments=(
            Argument("--dp-size", ("8",), "engine.args.dp-size"),
            Argument("--enable-dp-attention", (), "engine.args.enable-dp-attention"),
        ),
    )
    new = replace(
        compiled("0.5.23"),
        arguments=(Argument("--attn-dp-size", ("8",), "engine.args.attn-dp-size"),),
    )

    found = flags(diff(old, new))

    assert {c.kind for c in found} == {"renamed"}
    assert {c.was or c.what for c in found} == {"--enable-dp-attention", "--dp-size"}


def test_a_bump_lists_the_defaults_that_the_profile_does_not_state() -> None:
    without = (
        ("  env:\n    # Overlapped", "  #\n    # Overlapped"),
        (
            '    SGLANG_ENABLE_SPEC_V2: "1"\n',
            "",
        ),
    )
    found = diff(compiled("0.5.10.post1", *without), compiled("0.5.23", *without))

    listed = {d.what: (d.old, d.new) for d in found.defaults}
    assert listed["overlapped speculation"] == ("off", "on")
    assert listed["--hicache-mem-layout"] == ("layer_first", "page_first")
    assert listed["SGLANG_AUTO_NUMA_BIND"] == ("off", "on")
    back = diff(compiled("0.5.23", *without), compiled("0.5.10.post1", *without))
    assert {d.what: (d.new, d.old) for d in back.defaults} == listed


def test_what_a_side_states_is_no_default() -> None:
    args = ("  env:\n", "  args:\n    hicache-mem-layout: layer_first\n  env:\n")
    found = diff(compiled("0.5.10.post1", args), compiled("0.5.23", args))

    what = {d.what for d in found.defaults}
    assert "--hicache-mem-layout" not in what
    assert "overlapped speculation" not in what, "the profile states SGLANG_ENABLE_SPEC_V2"


def test_the_same_release_has_no_changed_defaults() -> None:
    assert (
        diff(compiled("0.5.23"), compiled("0.5.23", ("num_steps: 3", "num_steps: 4"))).defaults
        == ()
    )


def test_one_release_decides_otherwise_on_another_gpu() -> None:
    """Chunks grow with the GPU's memory, and the profile states neither."""
    found = diff(compiled("0.5.23"), compiled("0.5.23", ("gpu: B200", "gpu: H200"))).defaults

    told = {one.what: (one.old, one.new) for one in found}
    assert told["the tokens of a chunk on one rank"] == ("16384", "8192")
    assert not any(one.what.startswith("--") for one in found)


@pytest.mark.parametrize("versions", [("9.9.9", "0.5.23"), ("0.5.23", "9.9.9")])
def test_a_release_without_a_catalogue_is_compared_all_the_same(versions: tuple[str, str]) -> None:
    base = read_release("profiles/cpu-tiny.yaml")
    old, new = (replace(base, engine=replace(base.engine, version=v)) for v in versions)
    new = replace(new, arguments=new.arguments[:-1])

    found = diff(old, new)

    assert {e.change.what for e in found.changes} == {"engine.version", base.arguments[-1].flag}
    assert found.defaults == ()
