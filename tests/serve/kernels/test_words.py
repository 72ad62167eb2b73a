"""The command line, the environment, what the output says, and whether kernels must be."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from deployer.behaviour.kernel_key import key_of
from deployer.behaviour.kernel_need import expected, unused
from deployer.facts.sglang.catalogue import load, shipped
from deployer.release import Argument, Engine, Release
from deployer.serve.kernels.command import WALK, compile_environment, compile_words
from deployer.serve.kernels.heard import Heard
from deployer.serve.kernels.versions import found_versions
from tests.plan.standings import BASE, modal
from tests.serve.living import KEY, VARIABLE

from .kitchen import BLOCKWISE, on_gpu, put_model, with_variable

SERVING = ("python3", "-m", "sglang.launch_server")


def test_the_command_line_is_that_of_serving_on_the_loopback_address() -> None:
    release = replace(
        on_gpu("B200"),
        engine=Engine("sglang", "0.5.23", "", SERVING),
        listen=replace(on_gpu().listen, port=8000),
    )
    assert " ".join(compile_words(release, 3600.0)) == (
        "python3 -m sglang.compile_deep_gemm --model-path /models/fake --tp-size 8"
        " --host 127.0.0.1 --port 8000 --timeout 3600"
    )


def test_with_noise_for_weights_none_are_read() -> None:
    assert modal(BASE).kernel_weights == "real"
    release = on_gpu(
        "B200",
        Argument("--load-format", ("fastsafetensors",), "model.load_format"),
        Argument("--model-loader-extra-config", ("{}",), "engine.args.model-loader-extra-config"),
    )
    for weights, wanted in (
        ("real", ["--load-format fastsafetensors --model-loader-extra-config {} --host"]),
        ("dummy", ["--tp-size 8 --load-format dummy --host"]),
    ):
        asked = replace(release, modal=replace(modal(BASE), kernel_weights=weights))
        said = " ".join(compile_words(asked, 60.0))
        assert [part for part in wanted if part in said] == wanted
        assert said.count("--load-format") == 1
        assert key_of(asked) == key_of(release)  # the kernels are the same ones


def test_the_variable_of_the_walk_is_one_that_each_release_knows() -> None:
    assert {load(version).variables[WALK] for version in shipped()} == {True}


def test_no_key_no_tls_and_an_own_command() -> None:
    release = on_gpu(
        "B200",
        Argument("--api-key", ("sk-1",), "engine.args.api-key"),
        Argument("--ssl-certfile", ("/cert",), "engine.args.ssl-certfile"),
    )
    words = compile_words(release, 0.5)
    assert words[:3] == ("python3", "-m", "sglang.compile_deep_gemm")
    assert words[-2:] == ("--timeout", "1")
    assert not {"--api-key", "sk-1", "--ssl-certfile", "/cert"} & set(words)


def test_the_environment_is_the_releases_with_local_kernels_and_no_key() -> None:
    release = with_variable(on_gpu(), "SGLANG_DG_CACHE_DIR", "/dg-cache")
    environ = {VARIABLE: KEY, "COPY": f"x{KEY}", "PATH": "/bin"}
    found = compile_environment(release, environ, Path("/tmp/local"), KEY)  # noqa: S108 - not opened
    assert found == {
        "PATH": "/bin",
        "FROM_RELEASE": "yes",
        "SGLANG_DG_CACHE_DIR": "/tmp/local",  # noqa: S108 - as above
        "PYTHONUNBUFFERED": "1",
    }


def test_words_are_heard_over_two_pieces_and_passed_on() -> None:
    rings: list[int] = []
    onward = io.BytesIO()
    heard = Heard(cast("io.RawIOBase", onward), lambda: rings.append(1))
    for piece in (b"DeepGEMM war", b"mup: 1%\r", b"...compilation fini"):
        heard.write(piece)
    assert (heard.at_work, heard.finished, rings) == (True, False, [])
    heard.write(b"shed successfully.")
    assert not heard.finished  # that was another line
    for piece in (b"\nDeepGEMM Kernels comp", b"ilation finished successfully.", b"\n", b"."):
        heard.write(piece)
    assert (heard.finished, rings) == (True, [1])
    assert onward.getvalue().startswith(b"DeepGEMM warmup: 1%\r...compilation finished")
    assert onward.getvalue().endswith(b"successfully.\n.")


MODELS: list[tuple[str, Any, tuple[Argument, ...], bool]] = [
    ("B200", BLOCKWISE, (), True),
    ("H200", BLOCKWISE, (Argument("--fp8-gemm-backend", ("deep_gemm",), "kernels.fp8"),), True),
    ("H200", BLOCKWISE, (Argument("--fp8-gemm-backend", ("cutlass",), "kernels.fp8"),), False),
    ("L40S", BLOCKWISE, (), False),
    ("cpu", BLOCKWISE, (), False),
    ("B200", {"quant_method": "fp8"}, (), False),
    ("B200", {"quant_method": "fp8", "weight_block_size": [32, 32]}, (), False),
    ("B200", {"quant_method": "modelopt", "weight_block_size": [128, 128]}, (), False),
    ("B200", None, (), False),
]


@pytest.mark.parametrize(("gpu", "stated", "more", "must"), MODELS)
def test_kernels_must_be_where_the_engine_takes_them_by_itself(
    tmp_path: Path, gpu: str, stated: Any, more: tuple[Argument, ...], must: bool
) -> None:
    model = put_model(tmp_path / "model", stated)
    assert bool(expected(on_gpu(gpu, *more, model=model))) is must


def test_without_a_config_nobody_can_tell() -> None:
    assert expected(on_gpu(model="/nowhere")) == ""


@pytest.mark.parametrize(
    ("release", "why"),
    [
        (on_gpu("L40S"), "DeepGEMM needs sm90 or later, and L40S is sm89"),
        (
            with_variable(on_gpu(), "SGLANG_ENABLE_JIT_DEEPGEMM", "False"),
            "SGLANG_ENABLE_JIT_DEEPGEMM is False",
        ),
        (with_variable(on_gpu(), "SGLANG_ENABLE_JIT_DEEPGEMM", "true"), ""),
        (on_gpu("H100!"), ""),
        (on_gpu("cpu"), ""),
    ],
)
def test_nothing_is_compiled_that_nobody_would_use(release: Release, why: str) -> None:
    assert unused(release) == why


def test_versions_are_asked_of_the_engines_own_python(tmp_path: Path) -> None:
    nvcc = tmp_path / "nvcc"
    nvcc.write_text("#!/bin/sh\necho 'Cuda compilation tools, release 12.9, V12.9.86'\n")
    nvcc.chmod(0o755)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho \'{"torch": "2.9.1", "sglang": "0.5.10"}\'\n')
    python.chmod(0o755)
    found = found_versions(str(python), {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert [(each.name, each.version) for each in found] == [
        ("nvcc", "12.9"),
        ("sglang", "0.5.10"),
        ("torch", "2.9.1"),
    ]


def test_what_does_not_answer_has_no_version(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path), "CUDA_HOME": str(tmp_path)}
    assert found_versions(str(tmp_path / "no-python"), environ) == ()


def test_the_engines_python_is_asked_without_the_secrets_of_the_container(tmp_path: Path) -> None:
    python = tmp_path / "python"
    code = "import json, os\nprint(json.dumps(dict(os.environ)))\n"
    python.write_text(f"#!{sys.executable} -S\n{code}")
    python.chmod(0o755)
    environ = {"PATH": str(tmp_path), VARIABLE: KEY, "HF_TOKEN": "hf_canary", "NCCL_DEBUG": "WARN"}

    found = {each.name: each.version for each in found_versions(str(python), environ)}

    assert found["NCCL_DEBUG"] == "WARN"
    assert not {VARIABLE, "HF_TOKEN"} & set(found)
