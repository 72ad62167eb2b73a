"""Where the engine's words begin in what people write."""

from __future__ import annotations

import shlex

import pytest

from deployer.parse.launch import launch

FLAGS = ("--model-path", "m", "--tp-size", "8")


@pytest.mark.parametrize(
    ("command", "entry"),
    [
        ("--model-path m --tp-size 8", ""),
        ("python3 -m sglang.launch_server --model-path m --tp-size 8", "sglang.launch_server"),
        ("/usr/bin/python3.12 -u -m sglang.launch_server --model-path m --tp-size 8",
         "sglang.launch_server"),
        ("python -W ignore -m sglang.launch_server --model-path m --tp-size 8",
         "sglang.launch_server"),
        ("A=1 B='x y' env -u C nohup python -m sglang.launch_server --model-path m --tp-size 8",
         "sglang.launch_server"),
        ("python3 sglang/launch_server.py --model-path m --tp-size 8", "sglang.launch_server"),
        ("sglang serve --model-path m --tp-size 8", "sglang serve"),
        ("/opt/venv/bin/sglang serve m --tp-size 8", "sglang serve"),
        ("sglang serve --model-type llm m --tp-size 8", "sglang serve"),
        ("sglang serve m --model-type llm --tp-size 8", "sglang serve"),
        ("python -m sglang.compile_deep_gemm --model-path m --timeout 60 --tp-size 8",
         "sglang.compile_deep_gemm"),
    ],
)  # fmt: skip
def test_the_words_before_the_flags_are_left_out(command: str, entry: str) -> None:
    found = launch(shlex.split(command))

    assert found is not None
    assert (found.entry, found.words) == (entry, FLAGS)


@pytest.mark.parametrize(
    "command", ["vllm serve m", "python3", "python3 -m vllm", "python3 -c 1", "sglang", "ls -l"]
)
def test_what_starts_no_server_is_none(command: str) -> None:
    assert launch(shlex.split(command)) is None


def test_assignments_are_kept() -> None:
    found = launch(["A=1", "env", "B=x=y", "sglang", "serve", "m"])

    assert found is not None
    assert found.variables == (("A", "1"), ("B", "x=y"))
