"""However a profile is written, everything outside of what changes stays to the byte."""

from __future__ import annotations

import textwrap

import pytest

from deployer.upgrade.document import Document, scalar
from deployer.upgrade.notes import Kind
from deployer.upgrade.upgrade import upgrade
from tests.upgrade.texts import HEAD, profile, rest_of, told, upgraded


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nsa-decode-backend: fa3", "engine:\n  version: 0.5.23\nkernels:\n  decode: fa3\n"),
        ("'cuda-graph-max-bs': \"8\" # x", "'cuda-graph-max-bs-decode': \"8\" # x"),
        ('"cuda-graph-max-bs"  :   8', '"cuda-graph-max-bs-decode"  :   8'),
        ("cuda-graph-bs:\n      # each\n      - 1\n      - 2 # two\n",
         "cuda-graph-bs-decode:\n      # each\n      - 1\n      - 2 # two\n"),
        ("cuda-graph-bs: [ 1,\n       2 ]  # x", "cuda-graph-bs-decode: [ 1,\n       2 ]  # x"),
        ("? cuda-graph-max-bs\n    : 8", "? cuda-graph-max-bs-decode\n    : 8"),
        ("prefill-attention-backend: 'nsa' # x", "prefill-attention-backend: 'dsa' # x"),
    ],
)  # fmt: skip
def test_quotes_lists_and_comments(before: str, after: str) -> None:
    text = f"engine:\n  version: 0.5.23\n  args:\n    {before}\n"
    done = upgraded(text, "0.5.23")

    assert after in rest_of(done)


@pytest.mark.parametrize(
    ("args", "left"),
    [
        ("  args:\n    nsa-decode-backend: fa3\n", ""),
        ("  args:\r\n\r\n    nsa-decode-backend: fa3  # moves\r\n", "\r\n"),
        ("  args:\n    # moves\n    nsa-decode-backend: fa3\n  # stays\n", "  # stays\n"),
        ("  args:  # why\n    nsa-decode-backend: fa3\n", "  args: {}  # why\n"),
        ("  args:\n    # why\n\n    nsa-decode-backend: fa3\n", "  args: {}\n    # why\n\n"),
        ("  args:\n    'nsa-decode-backend': fa3\n    # why\n", "    # why\n"),
        ("  args: {nsa-decode-backend: fa3}\n", "  args: {}\n"),
    ],
)
def test_what_holds_nothing_any_more_is_taken_out_unless_a_comment_stands_there(
    args: str, left: str
) -> None:
    done = upgraded(f"engine:\n  version: 0.5.23\n{args}", "0.5.23")

    engine, _, kernels = rest_of(done).partition("kernels:")
    assert engine.split("0.5.23\n", 1)[1] == left
    assert "decode: fa3" in kernels


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "engine: {version: 0.5.23, args: {nsa-decode-backend: fa3, enable-mixed-chunk: true}}",
            "engine: {version: 0.5.23, args: {enable-mixed-chunk: true}}\nkernels:\n  decode: fa3",
        ),
        (
            (
                "engine: {version: 0.5.23, args: {gc-threshold: 1, nsa-decode-backend: fa3}}\n"
                "kernels: { }"
            ),
            "engine: {version: 0.5.23, args: {gc-threshold: 1}}\nkernels: {decode: fa3}",
        ),
        (
            (
                "engine: {version: 0.5.23, args: { nsa-decode-backend: fa3 }}\n"
                "kernels: {attention: dsa,}"
            ),
            "engine: {version: 0.5.23, args: {  }}\nkernels: {attention: dsa, decode: fa3,}",
        ),
        (
            (
                "engine:\n  version: 0.5.14\n  args: {\n    disable-cuda-graph-padding: true,\n"
                "    enable-nsa-prefill-context-parallel: true\n  }"
            ),
            (
                "engine:\n  version: 0.5.14\n  args: {\n    disable-cuda-graph-padding: true,\n"
                "    enable-prefill-cp: true, cp-strategy: interleave\n  }"
            ),
        ),
    ],
)
def test_brackets(before: str, after: str) -> None:
    version = "0.5.14" if "0.5.14" in before else "0.5.23"

    assert rest_of(upgraded(before, version)) == after


def test_a_comment_is_never_put_into_brackets() -> None:
    rest = (
        "engine:\n  version: 0.5.23\n  args:\n    nsa-decode-backend: fa3 # why\n"
        "kernels: {attention: dsa}\n"
    )
    done = upgraded(rest, "0.5.23")

    assert done.text == profile(rest)
    assert set(told(done, Kind.LEFT)) == {"engine.args.nsa-decode-backend"}


def test_a_whole_profile_in_brackets() -> None:
    text = (
        "{name: x, target: local, model: {repo: a/b, path: /m, served_name: b}, hardware: "
        "{gpu: H100, count: 8}, kernels: {attention: nsa}, "
        "engine: {version: 0.5.12, args: {nsa-decode-backend: fa3}}}"
    )
    done = upgrade(text, "x.yaml", "0.5.23")

    assert done.text == text.replace("nsa-decode-backend: fa3", "").replace(
        "attention: nsa", "attention: dsa, decode: fa3"
    ).replace("0.5.12", "0.5.23")


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n# end", "\n# end\n", "\n...\n"])
def test_the_end_of_the_file_stays(end: str) -> None:
    rest = "engine:\n  version: 0.5.23\n  args:\n    nsa-decode-backend: fa3\n    gc-threshold: 1"
    text = HEAD + rest + end
    done = upgrade(text, "x.yaml", "0.5.23")
    kept = text.replace("    nsa-decode-backend: fa3\n", "")

    added = "kernels:\n  decode: fa3"
    if end == "\n...\n":
        assert done.text == kept.replace("\n...", f"\n{added}\n...")
    elif end.endswith("\n"):
        assert done.text == f"{kept}{added}\n"
    else:
        assert done.text == f"{kept}\n{added}"


def test_line_ends_of_another_system() -> None:
    rest = """\
        engine:
          version: 0.5.10
          args:
            nsa-decode-backend: fa3  # b
            enable-nsa-prefill-context-parallel: true
          env:
            # c
            SGLANG_ENABLE_SPEC_V2: "1"
        kernels:
          attention: nsa
        """
    text = profile(rest)
    plain = upgrade(text, "x.yaml", "0.5.23").text
    done = upgrade(text.replace("\n", "\r\n"), "x.yaml", "0.5.23").text

    assert done == plain.replace("\n", "\r\n")
    assert "\r\r" not in done


def test_entries_of_several_lines_are_commented_out_as_a_whole() -> None:
    rest = """\
        engine:
          version: 0.5.23
          args:
            # a
            hybrid-kvcache-ratio:
              - 0.5

              # b
              - 0.7 # c
            gc-threshold: 1
        """
    assert rest_of(upgraded(rest, "0.5.13")) == textwrap.dedent("""\
        engine:
          version: 0.5.13
          args:
            # a
            # hybrid-kvcache-ratio:
            #   - 0.5

            #   # b
            #   - 0.7 # c
            gc-threshold: 1
        """)


def test_text_that_only_looks_like_a_comment() -> None:
    text = profile(
        """\
        engine: # one
          version: 0.5.10 #two
          env: {A: 'a # b', B: "c#d", C: e#f} # three
          args: # four
            tokenizer-path: |  # five
              # text
        # six
        """
    )

    assert Document.read(text, "x").comments() == ["# one", "#two", "# three", "# four", "# six"]


@pytest.mark.parametrize(
    ("value", "like", "expected"),
    [
        ("dsa", "nsa", "dsa"),
        ("dsa", "'nsa'", "'dsa'"),
        ("dsa", '"nsa"', '"dsa"'),
        ("8", "", '"8"'),
        ("true", "", '"true"'),
        ("on", "", '"on"'),
        ("0.5.23", "", "0.5.23"),
        ("1.5", "", '"1.5"'),
        ("a: b", "", '"a: b"'),
        ("it's", "'x'", '"it\'s"'),
        ('say "x"', "", '"say \\"x\\""'),
        ("", "", '""'),
        ("-x", "", '"-x"'),
        ("x:", "", '"x:"'),
    ],
)
def test_a_text_is_written_so_that_it_is_read_as_one(value: str, like: str, expected: str) -> None:
    assert scalar(value, like) == expected
    assert Document.read(f"k: {expected}", "x").source.value == {"k": value}
