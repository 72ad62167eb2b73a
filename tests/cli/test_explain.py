"""`deployer explain`, and the choice of checks, on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deployer.check.pages import choosable, known
from deployer.cli.main import main

CHOOSABLE = len(frozenset(choosable()))

PROFILE = """\
name: open
target: modal
model: {{repo: a/b, served_name: b}}
hardware: {{gpu: B200, count: 8}}
engine: {{version: 0.5.10.post1, image: "lmsysorg/sglang:v0.5.10.post1-cu130"}}
parallel: {{tp: 4}}
modal: {{app: b, weights: {{volume: w, path: /w}}, kernel_cache: {{volume: k, path: /k}}}}
serving:
  api_key_env: null {comment}
"""


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "open.yaml"
    path.write_text(PROFILE.format(comment=""))
    return str(path)


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_check_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "explain", "public-without-key") == (
        0,
        (
            "warning public-without-key\n"
            "\n"
            "An endpoint on the internet, or on a laptop's network, serves everyone.\n"
            "\n"
            "Why it hurts: whoever finds the address uses GPUs at your expense; "
            "a server of your own\n"
            "machine on `0.0.0.0` answers everybody in the same café.\n"
            "\n"
            "Instead of\n"
            "\n"
            "    target: modal\n"
            "    serving:\n"
            "      api_key_env: null\n"
            "\n"
            "Write\n"
            "\n"
            "    target: modal\n"
            "    serving:\n"
            "      api_key_env: API_KEY\n"
            "\n"
            "Source: Modal guide, web endpoints: a web_server is public unless it requires proxy\n"
            "authentication.\n"
            "\n"
            "See https://modal.com/docs/guide/webhooks\n"
        ),
        "",
    )


def test_a_check_is_explained_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "explain", "fusion-hang-on-b200", "--format", "json")
    (page,) = json.loads(out)["checks"]

    assert page["name"] == "fusion-hang-on-b200"
    assert page["holds"] == "SGLang from 0.5.14 on, before 0.5.16, on B200"
    assert page["mitigation"] == "all-reduce fusion off"


def test_without_an_id_every_check_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "explain")

    assert code == 0
    assert tuple(line.split()[0] for line in out.splitlines()) == known()
    assert (
        "  warning  An endpoint on the internet, or on a laptop's network, serves everyone.\n"
        in out
    )


def test_an_unknown_id_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "explain", "public-without-keys")

    assert (code, out) == (2, "")
    assert "there is no check and no failure `public-without-keys`" in err
    assert "Did you mean public-without-key" in err


def test_who_asks_for_a_key_is_told_what_explains_keys(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "explain", "kernels.decode")

    assert code == 2
    assert "`deployer schema`" in err


def test_a_failure_is_as_near_as_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "explain", "no-room-for-the-poo")

    assert code == 2
    assert "Did you mean no-room-for-the-pool?" in err


def ids(out: str) -> list[str]:
    return [finding["check"] for finding in json.loads(out)["findings"]]


def test_checks_are_chosen_and_left_out(capsys: pytest.CaptureFixture[str], profile: str) -> None:
    chosen = ["check", "--format", "json", profile]

    _, out, _ = call(capsys, *chosen, "--select", "gpus-u*,public-without-key")
    assert ids(out) == ["gpus-unused", "public-without-key"]
    _, out, _ = call(capsys, *chosen, "--select", "gpus-unused", "--select", "host-out-of-reach")
    assert ids(out) == ["gpus-unused"]
    _, out, _ = call(capsys, *chosen, "--ignore", "gpus-*,image-*")
    assert "public-without-key" in ids(out)
    assert "gpus-unused" not in ids(out)


def test_what_cannot_be_chosen_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], profile: str
) -> None:
    code, _, err = call(capsys, "check", profile, "--ignore", "gpu-unused")
    assert code == 2
    assert "Did you mean gpus-unused?" in err
    code, _, err = call(capsys, "check", profile, "--ignore", "yaml-boolean")
    assert code == 2
    assert "can be neither chosen nor ignored" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--select", ""], "--select names no check"),
        (["--select", " , "], "--select names no check"),
        (["--ignore", "*"], "no check is left of those that --select and --ignore name"),
        (["--select", "gpus-*", "--ignore", "gpus-*"], "no check is left"),
    ],
)
def test_no_check_at_all_finds_nothing_fine(
    capsys: pytest.CaptureFixture[str], profile: str, words: list[str], said: str
) -> None:
    code, out, err = call(capsys, "check", profile, *words)

    assert (code, out) == (2, "")
    assert said in err


def test_what_was_not_asked_for_is_not_called_fine(
    capsys: pytest.CaptureFixture[str], profile: str
) -> None:
    code, out, _ = call(capsys, "check", profile, "--select", "does-not-fit")
    assert code == 0
    assert re.fullmatch(r"\S+: fine \(by 1 of \d{3} checks\)\n", out)

    words = ["--engine", "0.5.23", "--", "--model-path", "m", "--nosuch"]
    code, out, _ = call(capsys, "check", "--ignore", "unknown-flag", *words)
    assert code == 0
    assert "whether SGLang 0.5.23 accepts it is another matter" in out
    assert "SGLang 0.5.23 accepts it\n" not in out


def test_the_faults_of_a_command_are_chosen_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--engine", "0.5.23", "--format", "json", "--", "--model-path", "m", "--tp", "8"]

    assert ids(call(capsys, "check", *words)[1]) == ["abbreviated-flag"]
    code, out, _ = call(capsys, "check", "--ignore", "abbreviated-flag", *words)
    assert (code, ids(out)) == (0, [])


def test_strict_stops_at_warnings_and_not_at_what_is_allowed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "p.yaml"
    words = ["check", "--select", "public-without-key", str(path)]
    path.write_text(PROFILE.format(comment=""))

    assert call(capsys, *words)[0] == 0
    assert call(capsys, *words, "--strict")[0] == 1
    path.write_text(PROFILE.format(comment="# deployer: allow[public-without-key] a demonstration"))
    assert call(capsys, *words, "--strict") == (
        0,
        f"{path}: fine (by 1 of {CHOOSABLE} checks; 1 allowed)\n",
        "",
    )


def test_the_talk_counts_what_is_allowed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(PROFILE.format(comment="# deployer: allow[public-without-key] a demonstration"))
    code, out, _ = call(capsys, "check", "--select", "public-*,gpus-unused", str(path))

    assert code == 1
    assert out.splitlines()[-1] == f"1 error in {path} (1 allowed)"
    assert "public-without-key" not in out


def test_sarif_on_the_command_line(capsys: pytest.CaptureFixture[str], profile: str) -> None:
    code, out, _ = call(
        capsys, "check", "--format", "sarif", "--select", "gpus-unused,public-*", profile
    )
    (run,) = json.loads(out)["runs"]

    assert code == 1
    assert [each["ruleId"] for each in run["results"]] == ["gpus-unused", "public-without-key"]
