"""A repository whose own configuration names programs: git runs none of them for us."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.cli.main import main
from tests.repository import commit, git

TINY = (Path(__file__).parents[2] / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")


def script(canary: Path) -> str:
    file = canary.with_suffix(".sh")
    file.write_text(f"#!/bin/sh\n: > '{canary}'\nexit 1\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a repository that a file system monitor and hooks are configured for."""
    canary, made = tmp_path / "canary", tmp_path / "repository"
    (made / "profiles").mkdir(parents=True)
    (made / "profiles" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    git(made, "init", "--quiet", "--initial-branch=main")
    commit(made)
    git(made, "config", "core.fsmonitor", script(canary))
    (made / ".git" / "hooks" / "post-index-change").symlink_to(script(canary))
    monkeypatch.chdir(made)
    return canary


@pytest.mark.parametrize(
    "words",
    [["diff", "--base", "main"], ["diff", "--base", "main", "profiles/tiny.yaml"], ["check"]],
    ids=" ".join,
)
def test_no_program_of_the_repository_is_run(words: list[str], canary: Path) -> None:
    assert main(words) == 0
    assert not canary.exists()


def test_the_trap_is_real(canary: Path) -> None:
    git(Path(), "status")

    assert canary.exists()


@pytest.fixture
def partial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a clone that lacks older files and names a program that would fetch them."""
    canary, source, clone = tmp_path / "canary", tmp_path / "source", tmp_path / "clone"
    source.mkdir()
    git(source, "init", "--quiet", "--initial-branch=main")
    git(source, "config", "uploadpack.allowFilter", "true")
    for text in (TINY, TINY.replace("port: 8000", "port: 8001")):
        (source / "tiny.yaml").write_text(text, encoding="utf-8")
        commit(source)
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{source}", str(clone))
    git(clone, "config", "remote.origin.uploadpack", script(canary))
    monkeypatch.chdir(clone)
    return canary


def test_what_a_partial_clone_lacks_is_fetched_by_no_program_of_it(
    partial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--base", "HEAD~1"]) == 1
    assert "git fetch --refetch --no-filter" in capsys.readouterr().err
    assert not partial.exists()

    git(Path(), "config", "--unset", "remote.origin.uploadpack")
    git(Path(), "fetch", "--quiet", "--refetch", "--no-filter")
    assert main(["diff", "--base", "HEAD~1"]) == 0
    assert "8000 -> 8001" in capsys.readouterr().out


def test_a_folder_that_looks_like_a_repository_is_not_one(
    canary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder of the pull request with a HEAD, objects, refs, and a configuration to be obeyed."""
    bare = Path("bare")
    for folder in ("objects", "refs"):
        (bare / folder).mkdir(parents=True)
    (bare / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    config = f"[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {script(canary)}\n"
    (bare / "config").write_text(config, encoding="utf-8")
    (bare / "x.yaml").write_text(TINY, encoding="utf-8")
    monkeypatch.chdir(bare)

    code = main(["diff", "--base", "main", "x.yaml"])

    assert code == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not canary.exists()
