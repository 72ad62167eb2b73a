"""A place that cannot be read may hold anything: it is never taken for an empty one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deployer.cli.main import main
from tests.repository import commit, git

TINY = (Path(__file__).parents[2] / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")


@pytest.fixture
def another_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a repository that git does not read, for it takes it for another user's."""
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):  # which may trust every folder
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "0")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("another_owners")
def test_a_repository_that_git_refuses_is_not_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert "git cannot read this repository: fatal: detected dubious" in capsys.readouterr().err


@pytest.mark.usefixtures("another_owners")
def test_a_named_file_is_checked_and_what_was_not_looked_at_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "tiny.yaml", "--verbose"]) == 0
    said = capsys.readouterr()
    assert "sibling-not-read" in said.out + said.err
    assert "git cannot read this repository" in said.out + said.err


@pytest.fixture
def unlisted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that holds one that nobody may list; root may list all, so it is asked."""
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    closed = tmp_path / "closed"
    closed.mkdir()
    real = os.scandir

    def scandir(folder: str | Path = ".") -> object:
        if Path(folder) == closed:
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.chdir(tmp_path)
    return closed


def test_a_folder_that_cannot_be_listed_is_not_empty(
    unlisted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 1
    assert f"cannot list {unlisted}: Permission denied" in capsys.readouterr().err


def test_a_link_to_itself_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    monkeypatch.chdir(tmp_path)
    assert main(["diff", "--base", "main", str(tmp_path / "loop.yaml")]) == 1
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert "loop.yaml: Too many levels of symbolic links" in told.out


@pytest.mark.parametrize(
    "verb", ["check", "plan", "lock", "status", "diagnose", "import", "diff x"]
)
def test_a_link_that_leads_nowhere_is_no_traceback(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.yaml").write_text(TINY, encoding="utf-8")
    Path("x").write_text(TINY, encoding="utf-8")
    Path("away.yaml").symlink_to("gone.yaml")
    assert main([*verb.split(), "away.yaml"]) == 2
    ran = capsys.readouterr()
    assert "away.yaml leads to gone.yaml, where there is no file" in ran.out + ran.err
    assert main([*verb.split(), "nowhere.yaml"]) == 2
    ran = capsys.readouterr()
    assert "nowhere.yaml: there is no such file" in ran.out + ran.err
    assert "away" not in ran.out + ran.err
