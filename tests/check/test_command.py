"""A launch command without a profile: the verdict, the place of each fault, and no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from deployer.cli.check_verb import command
from deployer.errors import UsageError
from tests.compile.test_recipe import RECIPE


def check(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(command, list(words), standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    return ran.return_value, ran.output


def test_the_recipe_is_refused_by_0_5_23_for_its_two_removed_flags() -> None:
    code, said = check("--engine", "0.5.23", "--format", "json", "--", *RECIPE.split())
    errors = [f for f in json.loads(said)["findings"] if f["severity"] == "error"]

    assert code == 1
    assert [(f["path"], f["hint"]) for f in errors] == [
        ("--nsa-decode-backend", "write `--dsa-decode-backend trtllm` instead"),
        ("--nsa-prefill-backend", "write `--dsa-prefill-backend trtllm` instead"),
    ]


def test_the_recipe_as_a_profile_is_refused_at_its_keys_and_mended_by_upgrade() -> None:
    code, said = check("--engine", "0.5.23", "--format", "json", "tests/data/recipe.yaml")
    errors = [f for f in json.loads(said[: said.rindex("}") + 1])["findings"]
              if f["severity"] == "error"]  # fmt: skip

    assert code == 1
    assert [(f["path"], f["message"], f["hint"]) for f in errors] == [
        (
            "kernels.decode",
            "`--nsa-decode-backend` is gone since SGLang 0.5.20",
            "write `--dsa-decode-backend trtllm` instead",
        ),
        (
            "kernels.prefill",
            "`--nsa-prefill-backend` is gone since SGLang 0.5.20",
            "write `--dsa-prefill-backend trtllm` instead",
        ),
    ]
    assert "`deployer upgrade PROFILE --engine 0.5.23` rewrites" in said
    code, said = check("--engine", "0.5.12", "tests/data/recipe.yaml")
    assert code == 0
    assert "error[" not in said


@pytest.mark.parametrize("version", ["0.5.9", "0.5.10.post1", "0.5.12", "0.5.13", "0.5.19"])
def test_the_recipe_is_accepted_as_long_as_its_flags_lasted(version: str) -> None:
    code, said = check("--engine", version, "--", *RECIPE.split())

    assert code == 0
    assert said.endswith(f"SGLang {version} accepts it\n")


def test_warnings_count_only_when_asked() -> None:
    words = ["--engine", "0.5.23", "--", "--model-path", "m", "--tp", "8"]

    assert check(*words)[0] == 0
    assert check("--strict", *words)[0] == 1


def test_the_caret_stands_under_the_word() -> None:
    code, said = check("--engine", "0.5.23", "--", "sglang", "serve", "a b", "--tpx", "8")

    assert code == 1
    lines = said.splitlines()
    assert lines[2] == "1 | sglang serve --model-path 'a b' --tpx 8"
    assert lines[3] == "  |                                 ^^^^^"


@pytest.mark.parametrize(
    "words",
    [
        ["--model-path", "m", "--api-key", "canary-7f", "--tpx"],
        ["--model-path", "m", "--api-keyy=canary-7f"],
        ["--model-path", "m", "--api-ke", "canary-7f", "--tpx"],
        ["HF_TOKEN=canary-7f", "sglang", "serve", "m", "--tpx"],
        ["--model-path", "m", "--hf-token", "canary-7f"],
        ["--model-path", "m", "--api-key", "--canary-7f"],
        ["--model-path", "m", "--api-key", "-canary-7f"],
        ["--model-path", "m", "--api-key=x", "canary-7f"],
        ["--model-path", "m", "api_key=canary-7f"],
        ["env", "API_KEY=a canary-7f", "sglang", "serve", "m", "--tpx"],
    ],
)
def test_secrets_are_hidden(words: list[str]) -> None:
    code, said = check("--engine", "0.5.23", "--", *words)

    assert code == 1
    assert "canary" not in said
    assert "***" in said


def test_a_config_file_is_merged_as_the_engine_does(tmp_path: Path) -> None:
    file = tmp_path / "engine.yaml"
    file.write_text("model-path: m\nnsa-decode-backend: trtllm\n", encoding="utf-8")

    assert check("--engine", "0.5.12", "--", "--config", str(file))[0] == 0
    assert check("--engine", "0.5.23", "--", "--config", str(file))[0] == 1


def test_a_config_file_is_overridden_without_a_word(tmp_path: Path) -> None:
    file = tmp_path / "engine.yaml"
    file.write_text("model-path: m\nport: 1\n", encoding="utf-8")
    words = ["--strict", "--engine", "0.5.23", "--", "--config", str(file), "--port", "2"]

    assert check(*words)[0] == 0
    assert check(*words, "--port", "3")[0] == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.yaml", "there is no such file"),
        ("engine.json", "is no .yaml or .yml file"),
        ("bad.yaml", "keys and values"),
    ],
)
def test_a_config_file_that_the_engine_would_not_take(
    name: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text("- a", encoding="utf-8")
    path = str(tmp_path / name)
    code, said = check("--engine", "0.5.23", "--format", "json", "--", "--tpx", "--config", path)
    found = json.loads(said)["findings"]

    assert code == 1
    assert [finding["check"] for finding in found] == ["unknown-flag", "refused-config"]
    assert message in found[1]["message"]


def test_a_config_flag_without_its_file() -> None:
    code, said = check("--engine", "0.5.23", "--", "--model-path", "m", "--config")

    assert code == 1
    assert "error[refused-config]: no file is named after --config" in said
    assert "1 error in command" in said


def test_a_command_is_mended_and_its_secret_not_repeated() -> None:
    old = "--model-path m --tp-size 8 --enable-ep-moe --enable-deepep-moe --api-key canary-7f3a"
    code, said = check(
        "--engine", "0.5.16", "--fix", "--", "python3", "-m", "sglang.launch_server", *old.split()
    )

    assert code == 0
    assert said.splitlines()[0] == (
        "python3 -m sglang.launch_server --model-path m --tp-size 8 --ep-size 8 "
        "--moe-a2a-backend deepep --api-key ***"
    )
    assert "Secrets are not repeated" in said
    assert "canary" not in said


def test_what_cannot_be_mended_is_told_and_counts() -> None:
    code, said = check("--engine", "0.5.23", "--fix", "--", "--model-path", "m", "--disable-mla")
    assert code == 1
    assert said.splitlines()[0] == "--model-path m --disable-mla"
    assert "error[removed-flag]: `--disable-mla` is gone since SGLang 0.4.5.post2" in said

    code, said = check(
        "--engine", "0.5.23", "--fix", "--format", "json", "--", "--model-path", "m", "--tp", "2"
    )
    value = json.loads(said)
    assert code == 0
    assert value["command"] == "--model-path m --tp-size 2"
    assert (value["changed"], value["findings"]) == (True, [])


def test_a_mended_command_has_a_place_in_two_formats() -> None:
    with pytest.raises(UsageError, match="no place for"):
        check("--engine", "0.5.23", "--fix", "--format", "sarif", "--", "--model-path", "m")
