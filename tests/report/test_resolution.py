"""A resolution to the letter."""

from __future__ import annotations

import json
from dataclasses import replace

from deployer.engine.resolution import Resolution, Row
from deployer.engine.resolve import Said
from deployer.facts.gpus import GPUS
from deployer.report.resolution import text, to_json

ON, OFF = True, False
FOUND = Resolution(
    name="b200",
    version="0.5.23",
    stated="0.5.23",
    gpu=GPUS["B200"],
    count=8,
    model="the config of zai-org/GLM-5.1-FP8 that comes with deployer",
    outcome="resolved",
    message="",
    where="",
    rows=(
        Row("kept", "--tp-size", "hardware.count", "8", 1, 8, ""),
        Row("changed", "--kv-cache-dtype", "memory.kv_cache_dtype", "bf16", "auto", "bfloat16", ""),
        Row("filled", "--page-size", "", "", None, 64, "_deepseek_family_overrides"),
        Row("filled", "--disable-shared-experts-fusion", "", "", OFF, ON, ""),
        Row("filled", "--cuda-graph-bs", "", "", None, list(range(1, 49)), ""),
        Row("default", "--dtype", "", "", "auto", "auto", ""),
    ),
    said=(Said("warning", "Setting page size to 64\nfor DeepSeek DSA.\x1b[2J"),),
    variables={"NCCL_GRAPH_REGISTER": "0"},
    packages={"torch": "2.13.0+cpu", "transformers": "5.19.0"},
    pins={"torch": "2.14.1", "transformers": "5.19.0"},
    pretended=("CUDA 13.0", "flashinfer"),
)


def test_text() -> None:
    assert text([FOUND]) == (
        "b200: SGLang 0.5.23 takes these arguments, as if on 8 x NVIDIA B200\n"
        "\n"
        "Changed, against what the profile says:\n"
        "  option            in the profile                default  resolved\n"
        "! --kv-cache-dtype  bf16 (memory.kv_cache_dtype)  auto     bfloat16\n"
        "\n"
        "Filled in, where the profile says nothing:\n"
        "  option                           in the profile  default  resolved\n"
        "  --page-size                      -               none     64\n"
        "  --disable-shared-experts-fusion  -               off      on\n"
        "  --cuda-graph-bs                  -               none     1 ... 48 (48 values)\n"
        "\n"
        "SGLang 0.5.23 says:\n"
        "  warning: Setting page size to 64 for DeepSeek DSA.\\x1b[2J\n"
        "\n"
        "1 changed, 3 filled in, 1 as the profile says, 1 at the defaults"
        " (`--all` shows everything).\n"
        "Pretended: the GPUs (183,359 MiB each, compute capability 10.0), CUDA 13.0, flashinfer.\n"
        "Model: the config of zai-org/GLM-5.1-FP8 that comes with deployer. Run on torch 2.13.0+cpu"
        " (the release asks for 2.14.1), transformers 5.19.0.\n"
        "This is the logic of the arguments: no kernel ran and no weights were read.\n"
    )


def test_everything() -> None:
    shown = text([FOUND], everything=True)
    assert (
        "As the profile says:\n"
        "  option     in the profile      default  resolved\n"
        "  --tp-size  8 (hardware.count)  1        8\n"
        "\n"
        "At the engine's defaults:\n"
        "  option   in the profile  default  resolved\n"
        "  --dtype  -               auto     auto\n"
    ) in shown
    assert "Environment variables that SGLang sets:\n  NCCL_GRAPH_REGISTER=0\n" in shown
    assert "--all" not in shown


def test_a_refusal() -> None:
    refused = replace(
        FOUND, outcome="refused", message="topk is one", where="sglang/x.py:1", rows=(), said=()
    )
    assert text([refused]) == (
        "b200: SGLang 0.5.23 refuses these arguments, as if on 8 x NVIDIA B200\n"
        "  error: topk is one (sglang/x.py:1)\n"
        "\n"
        "Pretended: the GPUs (183,359 MiB each, compute capability 10.0), CUDA 13.0, flashinfer.\n"
        "Model: the config of zai-org/GLM-5.1-FP8 that comes with deployer. Run on torch 2.13.0+cpu"
        " (the release asks for 2.14.1), transformers 5.19.0.\n"
        "This is the logic of the arguments: no kernel ran and no weights were read.\n"
    )


def test_another_releases_answer_says_so() -> None:
    first, second, *_ = text([replace(FOUND, stated="0.5.10.post1")]).splitlines()
    assert first.startswith("b200: SGLang 0.5.23 takes")
    assert second == (
        "  The profile names 0.5.10.post1: this is another release's answer, "
        "with the flags respelt."
    )


def test_on_a_cpu() -> None:
    shown = text([replace(FOUND, gpu=None, count=0)])
    assert "takes these arguments, on this machine's CPU\n" in shown
    assert "Pretended" not in shown


def test_colour_marks_what_matters() -> None:
    shown = text([FOUND], color=True)
    assert "\033[1;33m!\033[0m --kv-cache-dtype" in shown
    assert "  \033[1;33mwarning\033[0m: Setting" in shown
    assert text([FOUND]) == "".join(part.split("m", 1)[-1] for part in _uncoloured(shown))


def _uncoloured(shown: str) -> list[str]:
    first, *rest = shown.split("\033[")
    return [f"m{first}", *rest]


def test_json() -> None:
    document = json.loads(to_json([FOUND]))
    assert document["format_version"] == 1
    assert document["accepted"] is True
    assert [row["kind"] for row in document["rows"]] == ["changed", "filled", "filled", "filled"]
    assert document["rows"][0]["key"] == "memory.kv_cache_dtype"
    assert document["gpu"]["memory"] == 183_359
    assert document["variables"] == {"NCCL_GRAPH_REGISTER": "0"}
    assert len(json.loads(to_json([FOUND], everything=True))["rows"]) == 6


def test_a_model_that_the_release_has_no_code_for() -> None:
    lacking = replace(FOUND, missing=("DeepseekV4ForCausalLM",))
    assert not lacking.accepted
    assert text([lacking]).splitlines()[1] == (
        "  error: it has no code for DeepseekV4ForCausalLM, so it cannot serve this model, "
        "whatever it makes of the arguments"
    )
    assert json.loads(to_json([lacking]))["missing"] == ["DeepseekV4ForCausalLM"]
