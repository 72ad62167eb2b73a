"""What becomes of each thing that a profile says, in both directions."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

import pytest

from deployer.errors import Failure
from deployer.facts.sglang.catalogue import UnknownReleaseError
from deployer.upgrade.document import applied
from deployer.upgrade.notes import Kind
from deployer.upgrade.upgrade import upgrade
from tests.upgrade.texts import profile, rest_of, told, upgraded


def becomes(before: str, version: str, after: str) -> None:
    assert rest_of(upgraded(before, version)) == textwrap.dedent(after)


def test_the_release_its_image_and_a_renamed_value() -> None:
    becomes(
        """\
        # the engine
        engine:
          version: 0.5.10.post1   # pinned
          image: lmsysorg/sglang:v0.5.10.post1-cu130
        kernels:
          attention: nsa # sparse
          decode: trtllm
        """,
        "0.5.23",
        """\
        # the engine
        engine:
          version: 0.5.23   # pinned
          image: lmsysorg/sglang:v0.5.23-cu130
        kernels:
          attention: dsa # sparse
          decode: trtllm
        """,
    )


def test_the_way_back() -> None:
    before = """\
        engine:
          version: 0.5.23
          args:
            cuda-graph-max-bs-decode: 64
          env:
            SGLANG_DSA_FUSE_TOPK: "0"
        kernels:
          attention: dsa
        """
    done = upgraded(before, "0.5.12")

    assert rest_of(done) == textwrap.dedent("""\
        engine:
          version: 0.5.12
          args:
            cuda-graph-max-bs: 64
          env:
            SGLANG_NSA_FUSE_TOPK: "0"
        kernels:
          attention: nsa
        """)
    assert upgraded(rest_of(done), "0.5.23").text == profile(before)


def test_flags_that_went_move_to_their_fields_with_their_comments() -> None:
    becomes(
        """\
        engine:
          version: 0.5.23
          args:
            # the two
            nsa-decode-backend: trtllm   # SM100 only
            nsa-prefill-backend: "trtllm"
        kernels:
          attention: dsa
        parallel:
          ep: 1
        """,
        "0.5.23",
        """\
        engine:
          version: 0.5.23
        kernels:
          attention: dsa
          # the two
          decode: trtllm  # SM100 only
          prefill: trtllm
        parallel:
          ep: 1
        """,
    )


def test_a_section_that_is_not_there_is_made_at_the_end() -> None:
    becomes(
        """\
        engine:
          version: 0.5.19
          args:
            nsa-decode-backend: trtllm
            dp-size: 4  # groups
            enable-dp-attention: true
            disable-cuda-graph: true
        # end
        """,
        "0.5.23",
        """\
        engine:
          version: 0.5.23
        # end
        kernels:
          decode: trtllm
          cuda_graph: false
        parallel:
          dp: 4  # groups
          dp_attention: true
        """,
    )


def test_what_has_no_field_is_rewritten_where_it_stands() -> None:
    done = upgraded(
        """\
        engine:
          version: 0.5.10
          args:
            mamba-scheduler-strategy: extra_buffer  # a
            cuda-graph-bs: [1, 2, 4]
            disable-fast-image-processor: true # b
            enable-nsa-prefill-context-parallel: true
            nccl-init-addr: "10.0.0.1:25000"
        """,
        "0.5.18",
    )

    assert rest_of(done) == textwrap.dedent("""\
        engine:
          version: 0.5.18
          args:
            mamba-radix-cache-strategy: extra_buffer  # a
            cuda-graph-bs-decode: [1, 2, 4]
            image-processor-backend: pil # b
            enable-prefill-cp: true
            cp-strategy: interleave
            dist-init-addr: "10.0.0.1:25000"
        """)
    assert told(done, Kind.LEFT) == {}


def test_what_the_release_does_anyway_is_kept_as_a_comment() -> None:
    done = upgraded(
        """\
        engine:
          version: 0.5.10
          args:
            prefill-round-robin-balance: true # no use
            enable-mixed-chunk: true
          env:
            # Overlap.
            SGLANG_ENABLE_SPEC_V2: "1" # on
        """,
        "0.5.14",
    )

    assert rest_of(done) == textwrap.dedent("""\
        engine:
          version: 0.5.14
          args:
            # prefill-round-robin-balance: true # no use
            enable-mixed-chunk: true
          env: {}
            # Overlap.
            # SGLANG_ENABLE_SPEC_V2: "1" # on
        """)
    assert set(told(done, Kind.COMMENTED)) == {
        "engine.args.prefill-round-robin-balance",
        "engine.env.SGLANG_ENABLE_SPEC_V2",
    }


@pytest.mark.parametrize(
    ("rest", "version", "path"),
    [
        ("engine: {version: 0.5.10, args: {torchao-config: int8dq}}", "0.5.23", "torchao-config"),
        ("engine: {version: 0.5.10, env: {SGLANG_ENABLE_SPEC_V2: '0'}}", "0.5.23", "SPEC_V2"),
        ("engine: {version: 0.5.10, env: {SGLANG_ENABLE_SPEC_V2: '1'}}", "0.5.23", "SPEC_V2"),
        ("engine: {version: 0.5.10, env: {SGLANG_NSA_FORCE_MLA: '1'}}", "0.5.23", "FORCE_MLA"),
        ("engine: {version: 0.5.23}\nmoe: {runner: hpc_ops}", "0.5.10", "moe.runner"),
        ("engine: {version: 0.5.10}\nkernels: {attention: cutlass_mla}", "0.5.20", "attention"),
        ("engine: {version: 0.5.10, args: {prefill-attention-backend: cutlass_mla}}", "0.5.23",
         "prefill-attention-backend"),
        ("engine: {version: 0.5.23, args: {flashinfer-allreduce-fusion-backend: mnnvl}}", "0.5.13",
         "fusion-backend"),
        ("engine: {version: 0.5.9, args: {hierarchical-sparse-attention-extra-config: '{}'}}",
         "0.5.12", "extra-config"),
        ("engine: {version: 0.5.23, args: {nsa-decode-backend: fa3}}\nkernels: {decode: fa3}",
         "0.5.23", "nsa-decode-backend"),
        ("engine: {version: 0.5.18, args: {cuda-graph-bs: 8, cuda-graph-bs-decode: 4}}", "0.5.23",
         "args.cuda-graph-bs"),
    ],
)  # fmt: skip
def test_what_cannot_be_migrated_is_left_and_said(rest: str, version: str, path: str) -> None:
    done = upgraded(rest, version)
    (note,) = [note for note in done.notes if note.kind is Kind.LEFT]

    assert note.path.endswith(path)
    assert note.why
    assert rest_of(done) == re.sub(r"(?<=version: )[\d.]+", version, rest)


def test_what_would_lose_something_is_left_on_its_line() -> None:
    becomes(
        """\
        engine:
          version: 0.5.10
          args:
            torchao-config: int8dq # smaller
          env:
            SGLANG_ENABLE_SPEC_V2: "0"
        """,
        "0.5.23",
        """\
        engine:
          version: 0.5.23
          args:
            torchao-config: int8dq # smaller
          env:
            SGLANG_ENABLE_SPEC_V2: "0"
        """,
    )


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: text.replace("# why", ""),
        lambda text: text.replace("count: 8", "count: 4"),
        lambda text: text.replace("target: local\n", ""),
        lambda text: f"{text}]",
    ],
)
def test_what_does_not_come_out_as_meant_is_not_done(
    spoilt: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "deployer.upgrade.upgrade.applied", lambda text, edits: spoilt(applied(text, edits))
    )

    with pytest.raises(Failure, match="would not come out as meant"):
        upgrade(profile("engine: {version: 0.5.10} # why\n"), "x.yaml", "0.5.23")


@pytest.mark.parametrize(
    ("image", "after"),
    [
        ("lmsysorg/sglang:v0.5.10.post1-cu130", "lmsysorg/sglang:v0.5.23-cu130"),
        ("registry.example:5000/sglang:0.5.10.post1", "registry.example:5000/sglang:0.5.23"),
        ("lmsysorg/sglang:latest", ""),
        ("lmsysorg/sglang:v0.5.10-cu130", ""),
        ("lmsysorg/sglang:v0.5.10.post12", ""),
        ("lmsysorg/sglang:v10.5.10.post1", ""),
        (f"lmsysorg/sglang:v0.5.10.post1@sha256:{'0' * 64}", ""),
        (f"lmsysorg/sglang@sha256:{'0' * 64}", ""),
    ],
)
def test_an_image_is_migrated_where_its_tag_names_the_release(image: str, after: str) -> None:
    before = f"engine:\n  version: 0.5.10.post1\n  image: {image}\n"
    done = upgraded(before, "0.5.23")

    assert f"image: {after or image}\n" in done.text
    assert ("engine.image" in told(done, Kind.LEFT)) == (not after)


def test_an_image_of_the_new_release_is_right_already() -> None:
    done = upgraded("engine: {version: 0.5.10, image: 'x/y:v0.5.23'}", "0.5.23")

    assert [note.path for note in done.notes] == ["engine.version"]


def test_the_report_says_what_the_file_does_not() -> None:
    done = upgraded(
        """\
        engine:
          version: 0.5.10.post1
        kernels:
          attention: nsa
          decode: fa3
          allreduce_fusion: true
        speculative:
          algorithm: EAGLE
        memory:
          hierarchical_cache: true
        """,
        "0.5.23",
    )
    defaults = {one.what: (one.old, one.new) for one in done.defaults}

    assert told(done, Kind.RESPELT) == {
        "kernels.decode": "--dsa-decode-backend fa3",
        "kernels.allreduce_fusion": "--flashinfer-allreduce-fusion-backend auto",
    }
    assert defaults["--hicache-mem-layout"] == ("layer_first", "page_first")
    assert "--attention-backend" not in defaults
    assert defaults["overlapped speculation"] == ("off", "on")


def test_two_fields_that_are_one_flag_now() -> None:
    done = upgraded("engine: {version: 0.5.21}\nparallel: {dp: 8, dp_attention: true}", "0.5.22")

    assert told(done, Kind.RESPELT) == {
        "parallel.dp": "--attn-dp-size 8",
        "parallel.dp_attention": "part of another flag",
    }


def test_what_was_decided_otherwise_is_told_the_other_way_round_on_the_way_back() -> None:
    rest = "engine: {version: 0.5.23}\nspeculative: {algorithm: EAGLE}"
    defaults = {one.what: (one.old, one.new) for one in upgraded(rest, "0.5.10").defaults}

    assert defaults["overlapped speculation"] == ("on", "off")


def test_what_the_profile_states_is_no_changed_default() -> None:
    stated = """\
        engine:
          version: 0.5.10
          args: {hicache-mem-layout: layer_first}
          env: {SGLANG_ENABLE_SPEC_V2: "1"}
        speculative: {algorithm: EAGLE}
        """
    done = upgraded(stated, "0.5.12")

    assert not {"--hicache-mem-layout", "overlapped speculation"} & {
        one.what for one in done.defaults
    }


def test_what_is_deprecated_from_now_on() -> None:
    done = upgraded("engine: {version: 0.5.22}\nkernels: {attention: tokenspeed_mla}", "0.5.23")
    (note,) = [note for note in done.notes if note.kind is Kind.DEPRECATED]

    assert (note.path, note.before, note.after) == (
        "kernels.attention",
        "tokenspeed_mla",
        "cutedsl_mla",
    )


def test_a_release_that_was_never_catalogued_can_be_left() -> None:
    done = upgraded("engine: {version: 0.5.24.post9}\nkernels: {attention: nsa}", "0.5.23")

    assert "version: 0.5.23" in done.text
    assert "attention: dsa" in done.text
    assert done.unknown == "SGLang 0.5.24.post9 has no catalogue"
    assert done.defaults == ()


def test_a_release_without_a_catalogue_is_no_aim() -> None:
    with pytest.raises(UnknownReleaseError):
        upgrade(profile("engine: {version: 0.5.10}"), "x.yaml", "0.6.0")


def test_what_is_no_profile_is_not_touched() -> None:
    with pytest.raises(Failure, match="cannot be read as a profile"):
        upgrade(profile("engine: {version: 0.5.10, sizee: 1}"), "x.yaml", "0.5.23")


def test_an_abbreviation_is_written_out() -> None:
    becomes(
        "engine:\n  version: 0.5.10\n  args:\n    mamba-sched: no_buffer\n",
        "0.5.14",
        "engine:\n  version: 0.5.14\n  args:\n    mamba-radix-cache-strategy: no_buffer\n",
    )


def test_experts_are_divided_over_the_gpus_that_the_profile_counts() -> None:
    done = upgraded(
        """\
        engine:
          version: 0.5.23
          args:
            enable-ep-moe: true  # experts
            enable-flashinfer-mla: true
        """,
        "0.5.23",
    )

    assert "parallel:\n  ep: 8  # experts\n" in done.text
    assert "kernels:\n  attention: flashinfer\n" in done.text
