"""The command line as people and programs use it: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
import yaml

from deployer.cli.main import VERBS, main
from deployer.distribution import version
from deployer.facts.sglang.catalogue import releases
from deployer.facts.sglang.versions import release_key
from deployer.release import Release

PROFILE = "profiles/b200-fp8-eagle.yaml"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> Ran:
        code = main(list(words))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


def changed(tmp_path: Path, old: str, new: str) -> str:
    text = Path(PROFILE).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "profile.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_help_lists_every_verb(run: Run) -> None:
    ran = run("--help")

    assert ran.code == 0
    for verb in VERBS:
        assert f"  {verb} " in ran.out


def test_the_version_says_the_newest_engine_release_known(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [path.stem for path in Path("deployer/facts/sglang").glob("0.*.json")]
    shown = run("--version").out
    first, last = (
        f"deployer {version()}\n",
        f"knows SGLang 0.5.9 to {max(known, key=release_key)}\n",
    )
    assert shown == first + last

    (tmp_path / "9.9.9.json").touch()  # `catalogue add` puts it there
    monkeypatch.setenv("DEPLOYER_CATALOGUES", str(tmp_path))
    releases.cache_clear()
    assert run("--version").out == first + "knows SGLang 0.5.9 to 9.9.9\n"
    releases.cache_clear()


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_help(run: Run, verb: str) -> None:
    ran = run(verb, "--help")

    assert ran.code == 0
    assert "Usage: deployer" in ran.out
    assert "\\b" not in ran.out


def test_a_verb_that_is_none_is_wrong_usage(run: Run) -> None:
    ran = run("chek", PROFILE)

    assert ran.code == 2
    assert "error: there is no verb `chek`. Did you mean `check`?" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--format", "xml", PROFILE],
        ["compile", "--write", "--check", PROFILE],
        ["compile", "--write", "--format", "command", PROFILE],
        ["check", "tests/life"],
        ["check", "profiles/*.yaml", "profiles/*.yml"],
        ["check", "profiles/nothing-*"],
        ["compile", "tests/life"],
        ["check", "no-such.yaml"],
        ["verify"],
        ["verify", "--url", "nonsense"],
        ["logs", "no name"],
        ["status", "no/name"],
        ["engine", "install", "0.0.1"],
    ],
)
def test_wrong_usage_exits_2_and_prints_nothing_on_stdout(run: Run, words: list[str]) -> None:
    ran = run(*words)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_is_not_there_is_answered_with_one_that_is(run: Run) -> None:
    ran = run("check", "profiles/b200-fp8-eagel.yaml")

    assert "Did you mean profiles/b200-fp8-eagle.yaml?" in ran.err


def test_files_are_not_alike_because_they_all_end_alike(run: Run) -> None:
    ran = run("check", "profiles/zzz.yaml")

    assert ran.code == 2
    assert "Did you mean" not in ran.err
    assert "There are: profiles/b200-fp8-eagle.yaml, " in ran.err


def test_what_is_no_profile_is_not_offered_as_one(run: Run) -> None:
    """At the root of this repository lies `action.yml`, which is YAML and no profile."""
    ran = run("check", "zzz.yaml")

    assert ran.code == 2
    assert "action.yml" not in ran.err
    assert "There are: profiles/b200-fp8-eagle.yaml, " in ran.err

    ran = run("import", "--config", "zzz.yaml")

    assert "There are" not in ran.err
    assert "Give the path of" in ran.err


EMPTY = ["fit ", "cost ", "plan ", "resolve ", "upgrade ", "apply ", "diagnose ", "drift ", "keys "]


@pytest.mark.parametrize("verb", EMPTY)
def test_an_empty_word_is_no_folder(run: Run, verb: str) -> None:
    ran = run(*verb.split(" "))

    assert (ran.code, ran.out) == (2, "")
    assert "is a folder" not in ran.err
    assert "empty word names no file" in ran.err or "is not the name of a deployment" in ran.err


@pytest.mark.parametrize(
    "words", ["plan -o plan.json", "plan --refresh-prices", "plan --candidate", "apply --candidate"]
)
def test_what_is_only_done_on_modal_is_refused_here(run: Run, words: str) -> None:
    ran = run(*words.split(), "profiles/cpu-tiny.yaml")

    assert (ran.code, ran.out) == (2, "")
    assert "this profile is for this machine" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--rehearse-minutes 5", "--rehearse-minutes bounds a rehearsal"),
        ("--rehearse --candidate", "a candidate has its weights and is verified"),
        ("--no-verify --candidate", "a candidate has its weights and is verified"),
        ("--candidate-minutes 5", "--candidate-minutes bounds a candidate"),
        ("--rehearse --digest abc", "--digest pins a plan, and a rehearsal makes its own"),
        ("--no-verify --canary", "--no-verify does not wait"),
    ],
)
def test_an_apply_refuses_options_that_it_would_leave_out(
    run: Run, words: str, message: str
) -> None:
    ran = run("apply", PROFILE, *words.split())

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize("verb", ["fit", "compile", "plan"])
def test_only_check_reads_standard_input(run: Run, verb: str) -> None:
    ran = run(verb, "-")

    assert (ran.code, ran.out) == (2, "")
    assert "standard input is read by `check` and `diagnose` alone" in ran.err


@pytest.mark.parametrize("verb", ["history", "rollback", "drift"])
def test_a_verb_about_modal_says_nothing_of_what_is_here(run: Run, verb: str) -> None:
    ran = run(verb, "profiles/cpu-tiny.yaml")

    assert (ran.code, ran.out) == (2, "")
    assert f"error: `{verb}` is about Modal, and `cpu-tiny` is for this machine" in ran.err


def test_check_says_that_a_profile_is_fine(run: Run) -> None:
    assert run("check", "profiles/cpu-tiny.yaml") == Ran(0, "profiles/cpu-tiny.yaml: fine\n", "")


def test_notes_stop_nothing_even_when_warnings_do(run: Run) -> None:
    ran = run("check", "--strict", "--verbose", PROFILE)

    assert ran.code == 0
    assert "note[metrics-in-the-open]" in ran.out


def test_notes_are_told_by_check_alone(run: Run) -> None:
    assert run("compile", PROFILE).err == ""


def test_check_places_what_is_wrong(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, "eagle_topk: 1", "eagle_topk: 1\n  num_draft_tokens: 8")
    ran = run("check", path)

    assert ran.code == 1
    assert f"{path}:45:21: error[draft-tokens-contradict]" in ran.out
    assert "45 |   num_draft_tokens: 8" in ran.out


def test_strict_stops_at_warnings(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, "drain_timeout: 25", "drain_timeout: 250")

    assert run("check", path).code == 0
    assert run("check", "--strict", path).code == 1


def test_check_as_json(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, "gpu: B200", "gpu: H200")
    value = json.loads(run("check", "--format", "json", path).out)

    assert value["format_version"] == 1
    errors = [f["path"] for f in value["findings"] if f["severity"] == "error"]
    assert errors == ["kernels.decode", "moe.runner"]


def test_compile_as_json_is_a_release(run: Run) -> None:
    release = Release.from_json(run("compile", "--format", "json", PROFILE).out)

    assert release.name == "b200-fp8-eagle"


def test_compile_as_a_command_is_what_a_shell_runs(run: Run) -> None:
    out = run("compile", "--format", "command", "profiles/cpu-tiny.yaml").out
    script = out.replace("python3 -m sglang.launch_server", "env printf '%s\\n'")
    words = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    release = json.loads(run("compile", "--format", "json", "profiles/cpu-tiny.yaml").out)

    assert words == [w for a in release["arguments"] for w in (a["flag"], *a["values"])]


def test_compile_refuses_what_is_not_right(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, "count: 8", "count: 9")
    ran = run("compile", path)

    assert (ran.code, ran.out) == (1, "")
    assert "`hardware.count`" in ran.err


def test_compile_check_shows_the_flag_diff(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, "max_running_requests: 48", "max_running_requests: 32")
    assert run("compile", "--write", path).code == 0
    assert run("compile", "--check", path).code == 0
    file = Path(path)
    file.write_text(file.read_text(encoding="utf-8").replace("requests: 32", "requests: 64"))
    ran = run("compile", "--check", path)

    assert ran.code == 1
    assert "\n---max-running-requests 32\n+--max-running-requests 64\n" in ran.out


def test_compile_check_does_not_show_a_secret_that_is_mended(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, "max_running_requests: 48", "max_running_requests: 32")
    assert run("compile", "--write", path).code == 0
    flags = next(tmp_path.glob("**/*.flags"))
    leaked = (
        "--tool-server http://u:hunter2@h/\n# env MY_TOKEN=plain-words\n--api-key plain-words\n"
    )
    flags.write_text(leaked + flags.read_text(encoding="utf-8"), encoding="utf-8")
    ran = run("compile", "--check", path)

    assert ran.code == 1
    assert "---tool-server http://u:***@h/\n-# env MY_TOKEN=***\n---api-key ***\n" in ran.out
    assert "hunter2" not in ran.out + ran.err
    assert "words-1" not in ran.out + ran.err


def test_the_schema_accepts_the_shipped_profiles_and_refuses_others(run: Run) -> None:

    schema = json.loads(run("schema").out)
    assert json.dumps(schema) == json.dumps(
        json.loads(Path("schemas/profile.schema.json").read_text(encoding="utf-8"))
    )
    validator = jsonschema.Draft7Validator(schema)
    validator.check_schema(schema)
    text = run("schema", "--part").out
    assert text == Path("schemas/part.schema.json").read_text(encoding="utf-8")
    part = jsonschema.Draft7Validator(json.loads(text))
    part.check_schema(part.schema)
    assert list(part.iter_errors({"moe": None, "kernels": {"decode": None}})) == []
    for wrong in ({"name": None}, {"moe": {"runer": None}}, {"hardware": {"count": "8"}}):
        assert len(list(part.iter_errors(wrong))) == 1
    for path in [*Path("profiles").glob("*.yaml"), Path("tests/data/recipe.yaml")]:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        (part if "extends" in value else validator).validate(value)
    whole = yaml.safe_load(Path(PROFILE).read_text(encoding="utf-8"))
    whole["memory"]["mem_fraction"] = 0.9
    whole["hardware"]["gpu"] = "B2000"
    assert len(list(validator.iter_errors(whole))) == 2


def test_a_modal_profile_needs_a_token(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(tmp_path / "none.toml"))
    monkeypatch.delenv("MODAL_TOKEN_ID", raising=False)
    ran = run("apply", PROFILE)

    assert (ran.code, ran.out) == (1, "")
    assert "there is no Modal token on this machine" in ran.err


def test_nothing_is_deployed_at_first(run: Run) -> None:
    """And that is all that is known: without a token nobody can say what runs on Modal."""
    ran = run("status")
    assert (ran.code, "Nothing is on record on this machine" in ran.out) == (1, True)
    assert json.loads(run("status", "--format", "json").out)["deployments"] == []
    for verb in ("status", "logs", "destroy", "history"):
        ran = run(verb, "nobody")
        assert (ran.code, ran.out) == (1, "")
        assert "it is not known whether there is a deployment named `nobody`" in ran.err
    for verb in ("status", "logs", "destroy", "verify"):
        ran = run(verb, "profiles/cpu-tiny.yaml")
        assert (ran.code, ran.out) == (2, "")
        assert "there is no deployment named `cpu-tiny` on record on this machine" in ran.err


def test_that_there_is_no_token_is_told_without_the_client(tmp_path: Path) -> None:
    code = (
        "import sys; from deployer.cli.main import main; main(['status']); "
        "sys.exit('modal' in sys.modules)"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MODAL_")}
    environ |= {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert "Modal was not asked: there is no Modal token" in ran.stdout
    assert ran.returncode == 0


def test_a_fault_of_ours_has_a_traceback_and_asks_for_a_report(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_words: object, **_options: object) -> None:
        msg = "inside"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr("deployer.cli.reading.read_checked", broken)
    ran = run("check", PROFILE)

    assert ran.code == 1
    assert "ZeroDivisionError: inside" in ran.err
    assert "Please report it" in ran.err


@pytest.mark.parametrize("words", [["--help"], ["check", PROFILE], ["compile", PROFILE]])
def test_a_quick_verb_imports_nothing_heavy(words: list[str]) -> None:
    log = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "deployer", *words],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in log.splitlines()}

    assert "click" in imported
    assert not imported & {"modal", "torch", "sglang", "openai", "rich", "jinja2", "requests"}
