"""What may not be looked at is unknown: it is not gone, not damaged, and nothing is put over it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from deployer.cli.main import main
from tests.verbs.circumstances import no_permission

VERBS = ("status", "logs", "timeline", "keys", "verify", "top", "bench", "canary", "diagnose")


def _exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - as there


@pytest.fixture
def record(here: Path) -> Path:
    """Give the place of what is on record of the profile for this machine."""
    assert (here / "here.yaml").exists()
    made = Path(os.environ["XDG_STATE_HOME"], "deployer/local/cpu-tiny")
    shutil.copytree(made.with_name("demo"), made)
    (made / "release.json").write_text("{}", encoding="utf-8")
    return made


@pytest.fixture
def shut(record: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let nobody look there, by the ways of Python 3.14, whose ``Path.exists`` then says no."""
    monkeypatch.setattr(Path, "exists", _exists)
    for profile in here.glob("*.yaml"):
        shutil.copy(profile, here / "old")
    return record


@pytest.mark.parametrize("verb", VERBS)
def test_a_record_that_may_not_be_read_is_not_taken_for_none(
    verb: str, shut: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with no_permission(here):
        assert main([verb, "cpu-tiny"]) == 1
    ran = capsys.readouterr()
    assert ran.out == ""
    assert f"error: {shut}/state.json cannot be read: permission denied\n" in ran.err


def test_it_is_not_called_damaged_and_not_replaced(
    shut: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with no_permission(here):
        for words in (["plan"], ["apply", "--yes"], ["destroy", "--yes"]):
            assert main([*words, "old/here.yaml"]) == 1
            err = capsys.readouterr().err
            assert "ermission denied" in err
            assert "it is replaced" not in err
            assert "deployer destroy" not in err
    assert sorted(one.name for one in shut.iterdir()) == [
        "engine.log", "events.jsonl", "release.json", "state.json",
    ]  # fmt: skip


def test_a_plan_says_of_a_damaged_record_what_an_apply_does(
    record: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = f"error: the state of `cpu-tiny` cannot be read: {record}/state.json: "
    assert (here / "here.yaml").exists()
    for words in (["plan", "here.yaml"], ["plan", "here.yaml", "--format", "json"]):
        assert main(words) == 1
        ran = capsys.readouterr()
        assert said in ran.err
        assert "started again" not in ran.out
    assert main(["apply", "--yes", "here.yaml"]) == 1
    assert said in capsys.readouterr().err


def test_one_that_is_shut_hides_no_other(
    record: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = record.parents[1]
    record.chmod(0)
    with no_permission(here):
        for folder in (state, record.parent):
            folder.chmod(0o700)
        assert main(["status"]) == 1
        record.chmod(0o700)
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if not line.startswith(" ")][:2] == ["cpu-tiny", "demo"]
    said = f"{record}/state.json cannot be read: permission denied"
    assert said in " ".join(" ".join(shown).split())


@pytest.mark.parametrize("place", ["", "local", "modal/apps"])
def test_a_file_where_the_records_would_be_is_not_an_empty_folder(
    place: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = Path(os.environ["XDG_STATE_HOME"], "deployer")
    shutil.rmtree(state)
    (state / place).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    (state / place).write_text("what is this?", encoding="utf-8")
    for folder in (state, state / "modal"):
        if folder.is_dir():
            folder.chmod(0o700)
    assert main(["status"]) == 1
    assert "cannot be read: not a directory" in capsys.readouterr().err
    assert (here / "here.yaml").exists()


def test_a_folder_that_may_not_be_looked_into_is_not_called_missing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shut = here / "shut"
    (shut / "below").mkdir(parents=True)
    shut.chmod(0)
    with no_permission(here):
        code = main(["check", "shut/below/*.yaml"])
    shut.chmod(0o700)
    assert code == 1
    assert "ermission denied" in capsys.readouterr().err
