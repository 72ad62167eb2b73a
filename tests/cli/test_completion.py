"""Completion as a shell asks for it: bash with its own machinery; zsh and fish where they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.cli.main import VERBS, cli, main
from tests.warm import warm_python

pytestmark = pytest.mark.process

BASH = """
PATH={bin}:$PATH
eval "$(deployer completion bash)"
complete -p deployer
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
COMP_LINE="${{COMP_WORDS[*]}}"
COMP_POINT=${{#COMP_LINE}}
compopt() {{ printf "compopt %s %s\\n" "$@"; }}
_deployer_completion deployer
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def programs() -> Iterator[Path]:
    """The folder of a `deployer`."""
    with warm_python() as python:
        yield Path(python).parent


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with profiles."""
    monkeypatch.chdir(tmp_path)
    for name in ("profiles/a-one.yaml", "profiles/a-two.yml", "profiles/notes.txt", "top.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "odd\nname.yaml").touch()
    return tmp_path


def bash(programs: Path, words: str) -> list[str]:
    script = BASH.format(bin=programs, words=words)
    ran = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    first, *rest = ran.stdout.splitlines()
    assert first == "complete -o nosort -F _deployer_completion deployer"
    return rest


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("deployer che", ["check"]),
        ("deployer check --str", ["--strict"]),
        ("deployer check ''", ["profiles/a-one.yaml", "profiles/a-two.yml", "top.yaml"]),
        ("deployer plan pro", ["profiles/a-one.yaml", "profiles/a-two.yml"]),
        ("deployer apply profiles/a-o", ["profiles/a-one.yaml"]),
        ("deployer check nothing", ["compopt -o default", ""]),
        ("deployer check --format s", ["sarif"]),
        ("deployer upgrade --engine 0.5.2", ["0.5.20", "0.5.21", "0.5.22", "0.5.23"]),
        ("deployer explain unknown-k", ["unknown-key"]),
        ("deployer explain no-room", ["no-room-for-the-pool"]),
        ("deployer engine st", ["status"]),
        ("deployer completion f", ["fish"]),
    ],
)
@pytest.mark.usefixtures("here")
def test_bash_completes(programs: Path, words: str, offered: list[str]) -> None:
    assert bash(programs, words) == offered


@pytest.mark.usefixtures("here")
def test_bash_completes_the_names_of_deployments(programs: Path) -> None:
    state = Path(os.environ["XDG_STATE_HOME"]) / "deployer" / "local" / "pond-life"
    state.mkdir(parents=True, mode=0o700)
    (state / "state.json").write_text("{}", encoding="utf-8")

    for verb in ("logs", "status", "destroy", "verify"):
        assert bash(programs, f"deployer {verb} po") == ["pond-life"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_DEPLOYER_COMPLETE" in script
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    file = tmp_path / "script"
    file.write_text(script, encoding="utf-8")
    subprocess.run([shell, "-n", str(file)], check=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_the_scripts_ask_for_is_answered(
    shell: str,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setenv("_DEPLOYER_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "deployer check pro")
    monkeypatch.setenv("COMP_CWORD", {"fish": "pro"}.get(shell, "2"))

    assert main([]) == 0
    ran = capsysbinary.readouterr()
    assert ran.err == b""
    assert b"profiles/a-one.yaml" in ran.out
    assert here.name.encode() not in ran.out


def test_a_shell_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_every_verb_with_a_profile_or_a_name_completes_it() -> None:
    without = []
    for verb in VERBS:
        command = cli.get_command(None, verb)  # type: ignore[arg-type]
        assert command is not None
        for param in command.params:
            named = param.metavar or ""
            if ("PROFILE" in named or "NAME|" in named) and param.param_type_name == "argument":
                without += [verb] if param._custom_shell_complete is None else []
    assert without == []
