"""`deployer check --model-config FILE --gpu GPU -- COMMAND`: a command with its model's shapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.cli.main import main
from deployer.facts.models.catalogue import find


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def _of(repo: str, config: Path) -> list[str]:
    known = find(repo)
    assert known is not None
    config.write_text(json.dumps(known.config))
    return ["check", "--engine", "0.5.19", "--model-config", str(config), "--format", "json"]


COMMAND = ["--", "python3", "-m", "sglang.launch_server", "--model-path", "acme/own-name"]


@pytest.mark.parametrize(
    ("model", "flags", "expected"),
    [
        (("zai-org/GLM-5.1", "H200"), "--tp-size 8", ("does-not-fit", "--model-path")),
        (("Qwen/Qwen3-8B", "H200"), "--tp-size 6", ("heads-undivided", "--tp-size")),
        (
            ("Qwen/Qwen3-235B-A22B-FP8", "H100"),
            "--tp-size 8",
            ("expert-blocks-undivided", "--tp-size"),
        ),
        (("Qwen/Qwen3-8B", "T4"), "", ("gpu-without-kernels", "--model-path")),
        (
            ("Qwen/Qwen3-8B", "H200"),
            "--context-length 900000",
            ("context-beyond-model", "--context-length"),
        ),
    ],
)
def test_what_its_parser_takes_and_its_model_does_not(
    model: tuple[str, str],
    flags: str,
    expected: tuple[str, str],
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (repo, gpu), (check, word) = model, expected
    code = main([*_of(repo, config), "--gpu", gpu, *COMMAND, *flags.split()])

    found = {each["check"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert check in found, sorted(found)
    assert code == 1
    span = found[check]["span"]
    assert found[check]["source_line"][span["column"] - 1 :].startswith(word)


@pytest.mark.parametrize(
    ("model", "flags", "hint"),
    [
        (("Qwen/Qwen3-235B-A22B-FP8", "H100"), "--tp-size 8", "`--ep-size 8`"),
        (("Qwen/Qwen3-8B", "H200"), "--tp-size 6", "write one of 1, 2, 4, 8 for `--tp-size`"),
        (("zai-org/GLM-5.1-FP8", "H200"), "--tp-size 8 --mem-fraction-static 0.6",
         "write at least `--mem-fraction-static 0."),
        (
            ("Qwen/Qwen3-8B", "H200"),
            "--speculative-algorithm EAGLE3 --speculative-num-steps 3 --speculative-eagle-topk 1",
            "`--speculative-draft-model-path`",
        ),
    ],
)  # fmt: skip
def test_advice_names_flags(
    model: tuple[str, str],
    flags: str,
    hint: str,
    config: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repo, gpu = model
    main([*_of(repo, config), "--gpu", gpu, *COMMAND, *flags.split()])

    told = json.loads(capsys.readouterr().out)["findings"]
    assert any(hint in one["hint"] for one in told), [one["hint"] for one in told]
    for section in ("parallel", "memory", "speculative", "schedule", "kernels", "moe"):
        assert not [one["hint"] for one in told if f"`{section}." in one["hint"] + one["message"]]


def test_what_a_deployment_would_need_is_nobodys_mistake(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = _of("Qwen/Qwen3-8B", config)

    assert main([*words, "--gpu", "H200", *COMMAND, "--tp-size", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gpu", "H200", *COMMAND], "say something only together"),
        (["--model-config", "c.json", *COMMAND], "say something only together"),
        (["--gpu", "H200", "profiles/h200-fallback.yaml"], "are for a launch command"),
        (["--gpu", "H200", "--model-config", "none.json", *COMMAND], "none.json"),
    ],
)
def test_wrong_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    engine = [] if words[-1].endswith(".yaml") else ["--engine", "0.5.19"]
    assert main(["check", *engine, *words]) == 2
    assert said in capsys.readouterr().err
