"""How a verb ends: full disks, closed pipes, secrets in tracebacks, and errors as JSON."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.cli.ending import wants_json
from deployer.cli.main import main

pytestmark = pytest.mark.process

TINY = "profiles/cpu-tiny.yaml"
DEPLOYER = f"{sys.executable} -m deployer"


def shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words", ["--help", "check --help", "--version", f"check {TINY}", "schema", "explain"]
)
def test_a_result_that_finds_no_room_is_an_error(words: str) -> None:
    ran = shell(f"{DEPLOYER} {words} > /dev/full")

    assert ran.returncode == 1
    assert ran.stderr == (
        "error: the result could not be written to stdout: No space left on device\n"
        "  Free some space there, and try again\n"
    )


@pytest.mark.parametrize("words", ["--version", f"check {TINY}", f"check --format json {TINY}"])
def test_a_result_that_has_nowhere_to_go_is_an_error(words: str) -> None:
    ran = shell(f"{DEPLOYER} {words} >&-")

    assert ran.returncode == 1
    assert ran.stderr == "error: stdout is closed, so the result went nowhere\n"


def test_a_verb_that_shows_line_by_line_needs_no_stdout_to_look_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    assert main(["verify", "--url", "http://127.0.0.1:9"]) == 1
    assert "error: stdout is closed, so the result went nowhere\n" in capsys.readouterr().err


def test_nothing_is_read_from_a_closed_stdin() -> None:
    ran = shell(f"{DEPLOYER} check - <&-")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: stdin is closed, so there is nothing to read there\n")


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
def test_talk_that_nobody_hears_changes_no_exit_code(where: str) -> None:
    ran = shell(f"{DEPLOYER} check no.yaml {where}")

    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "")


def test_a_closed_pipe_ends_it_as_it_ends_every_program() -> None:
    ran = shell(f"{DEPLOYER} schema | (exec <&-); exit ${{PIPESTATUS[0]}}")

    assert (ran.returncode, ran.stderr) == (141, "")


def test_what_a_library_leaves_with_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for code, wanted, said in ((None, 0, ""), (3, 3, ""), ("it left", 1, "error: it left\n")):

        def leave(*_words: object, code: object = code, **_options: object) -> None:
            raise SystemExit(code)

        monkeypatch.setattr("deployer.cli.reading.read_checked", leave)

        assert main(["check", TINY]) == wanted
        assert capsys.readouterr().err == said


def test_an_error_of_the_machine_has_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_words: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/state/a\nb")

    monkeypatch.setattr("deployer.cli.reading.read_checked", full)

    assert main(["check", TINY]) == 1
    assert capsys.readouterr().err == "error: /state/a\\nb: No space left on device\n"


def test_a_traceback_of_ours_holds_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, shaped = "correct horse battery", "hf_" + "a" * 30
    monkeypatch.setenv("MY_DB_PASSWORD", secret)

    def broken(*_words: object, **_options: object) -> None:
        raise ZeroDivisionError({"Authorization": f"Bearer {secret}", "hub": shaped})

    monkeypatch.setattr("deployer.cli.reading.read_checked", broken)

    assert main(["check", "--format", "json", TINY]) == 1
    ran = capsys.readouterr()
    assert "ZeroDivisionError: {'Authorization': 'Bearer [redacted]', 'hub': '***'}" in ran.err
    assert "in broken" in ran.err
    assert "read_checked(path" in ran.err
    for text in (ran.out, ran.err):
        assert secret not in text
        assert shaped not in text
    assert "fault of deployer" in json.loads(ran.out)["error"]["message"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "--format", "json", "no.yaml"], "no.yaml: there is no such file"),
        (
            ["fit", "p.yaml", "--mem-fraction", "85%", "--format=json"],
            "invalid value for '--mem-fraction': '85%' is not a number",
        ),
        (
            ["predict", "p.yaml", "--input", "1.5", "--format=json"],
            "invalid value for '--input': '1.5' is not a whole number",
        ),
        (["chek", "--format=json"], "there is no verb `chek`. Did you mean `check`?"),
        (["fit", "--format", "json"], "missing argument 'PROFILE'"),
        (["compile", "--write", "--format", "json", TINY], "--write and --check are about flags"),
        (
            ["compile", "--format", "json", TINY, "profiles/b200-no-spec.yaml"],
            "--format json takes",
        ),
        (["logs", "--format", "json"], "no such option '--format'"),
    ],
)
def test_an_error_is_json_where_json_was_asked_for(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    ran = capsys.readouterr()
    value = json.loads(ran.out)

    assert list(value) == ["format_version", "error"]
    assert list(value["error"]) == ["message", "hint"]
    assert value["error"]["message"].startswith(message)
    assert f"error: {value['error']['message']}\n" in ran.err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["check", "--format", "json"], True),
        (["check", "--format=json", "x"], True),
        (["check", "--format", "text"], False),
        (["check", "--format"], False),
        (["check", "--format", "json", "--format", "text"], False),
        (["check", "--", "--format", "json"], False),
        ([], False),
    ],
)
def test_whether_json_is_asked_for(words: list[str], *, wanted: bool) -> None:
    assert wants_json(words) == wanted


def test_every_error_has_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["chek"],
        ["check", "--bogus"],
        ["check", "no.yaml"],
        ["check", "no/*"],
        ["logs"],
    ):
        assert main(words) == 2
        first, *rest = capsys.readouterr().err.splitlines()
        assert re.fullmatch(r"error: [a-z`].*[^.]", first), first
        assert all(line.startswith("  ") for line in rest)


@pytest.mark.parametrize(
    "words",
    [["che\nck\x1b[2J"], ["check", "--bo\nx\x1b[2J"], ["check", "n\no\x1b[2J\u202e.yaml"],
     ["logs", "n\no\x1b[2J\u202e"], ["diff", "a\nb\x1b[2J", "c"], ["explain", "a\x1b[2Jb\n"],
     ["check", "--format", "a\x1b[2Jb\n", TINY]],
)  # fmt: skip
def test_odd_names_do_nothing_to_a_terminal(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err

    assert "\\x1b[2J" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert all(line.startswith(("error: ", "  ")) for line in said.splitlines())


def test_a_near_file_with_an_odd_name_is_named_harmlessly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pro\n::error::file.yaml").write_text("model:\nhardware:\nengine:\n")

    assert main(["check", "pro::error::file.yaml"]) == 2
    assert "  Did you mean pro\\n::error::file.yaml?\n" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["engine"], ["catalogue"]])
def test_no_words_get_help_as_wrong_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    ran = capsys.readouterr()

    assert ran.out == ""
    assert ran.err.lower().startswith("usage: deployer")
    assert "\n  -h, --help  Show this message and exit.\n" in ran.err
    assert "\\n" not in ran.err


def test_a_choice_that_is_missing_is_told_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish\n"
    )
