"""What lies there and was not looked at is told: it is neither fine, nor gone, nor new."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.cli import trees
from deployer.cli.main import main
from deployer.facts.sglang.catalogue import releases
from tests.override import no_override
from tests.repository import commit, git

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
TINY = (ROOT / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")


def named(name: str, port: int) -> str:
    return TINY.replace("cpu-tiny", name).replace("port: 8000", f"port: {port}")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a repository of two profiles, both committed."""
    made = tmp_path / "work"
    (made / "more").mkdir(parents=True)
    (made / "one.yaml").write_text(named("one", 8001), encoding="utf-8")
    (made / "more" / "two.yaml").write_text(named("two", 8002), encoding="utf-8")
    git(made, "init", "--quiet", "--initial-branch=main")
    commit(made)
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that is in no repository, with one profile."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "one.yaml").write_text(named("one", 8001), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_profile_that_may_not_be_read_is_neither_passed_over_nor_deleted(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "more" / "two.yaml").chmod(0)

    with no_override():
        assert main(["check"]) == 0
        assert "not taken for a profile: more/two.yaml (cannot be read)" in capsys.readouterr().err
        for words in ([], ["more/two.yaml"]):
            assert main(["diff", "--base", "main", *words]) == 1
            told = capsys.readouterr().out
            assert "more/two.yaml: not right, 1 error" in told
            assert "Permission denied" in told
            assert "deleted" not in told


@pytest.mark.parametrize("words", [["check"], ["compile"], ["diff", "--base", "main"]])
def test_a_folder_that_may_not_be_listed_is_not_passed_over(
    words: list[str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = repository / "it's \n closed"
    closed.mkdir(mode=0)

    with no_override():
        assert main(words) == 1
    assert f"cannot list {repository}/it's \\n closed: Perm" in capsys.readouterr().err


def test_without_git_the_same_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "closed").mkdir(mode=0)

    with no_override():
        assert main(["check"]) == 1
    assert f"cannot list {folder}/closed: Permission denied" in capsys.readouterr().err


def test_a_walk_that_is_cut_short_is_no_success(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MOST_ENTRIES", 2)
    (folder / "a").mkdir()
    assert main(["check"]) == 0
    (folder / "a" / "two.yaml").write_text(named("one", 8001), encoding="utf-8")
    capsys.readouterr()

    assert main(["check"]) == 1
    assert f"not all of {folder} was looked at: more than 2 entries" in capsys.readouterr().err


@pytest.mark.parametrize("git_is_there", [True, False])
def test_utf_16_is_not_passed_over(
    git_is_there: bool,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "two.yaml").write_text(named("two", 8002), encoding="utf-16")
    if git_is_there:
        git(folder, "init", "--quiet")

    assert main(["check"]) == 1
    assert "two.yaml:1:1: error[not-utf-8]" in capsys.readouterr().out


def test_what_a_sparse_checkout_leaves_out_is_not_deleted(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repository, "sparse-checkout", "set", "--no-cone", "/one.yaml")
    assert not (repository / "more").exists()

    assert main(["diff", "--base", "main"]) == 0
    told = capsys.readouterr()
    assert "more/two.yaml (left out of this sparse checkout, so not compared)" in told.err
    assert "deleted" not in told.out
    assert main(["diff", "--base", "main", "more"]) == 2
    assert "more/two.yaml is left out of this sparse checkout" in capsys.readouterr().err


def test_an_object_that_is_lost_is_not_a_new_profile(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = git(repository, "rev-parse", "main:one.yaml")
    (repository / ".git" / "objects" / lost[:2] / lost[2:]).unlink()

    assert main(["diff", "--base", "main"]) == 1
    told = capsys.readouterr()
    assert "git could not read the repository: error: " in told.err
    assert f"one.yaml': unable to read {lost}" in told.err
    assert not told.out


def test_what_is_too_large_in_a_commit_is_not_cut_and_called_the_same(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository / "one.yaml"
    small = path.read_text(encoding="utf-8")
    large = small.replace("lifecycle:", f"{'#' * 1_000_000}\nlifecycle:")
    for text in (large, large.replace("drain_timeout: 60", "drain_timeout: 30"), small):
        path.write_text(text, encoding="utf-8")
        commit(repository)

    assert main(["diff", "--base", "HEAD~2", "--head", "HEAD~1"]) == 0
    told = capsys.readouterr()
    assert "one.yaml (cannot be read)" in told.err
    assert "one.yaml" not in told.out
    assert main(["diff", "--base", "HEAD~2", "--head", "HEAD~1", "one.yaml"]) == 1
    assert "is larger than 1,000,000 bytes" in capsys.readouterr().out
    for head in ("HEAD~2", "HEAD~1"):
        assert main(["diff", "--base", "HEAD~3", "--head", head]) == 1
        assert "one.yaml: not right, 1 error" in capsys.readouterr().out
    assert main(["diff", "--base", "HEAD~1", "--head", "HEAD"]) == 0
    assert "one.yaml: a new deployment, one" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["inner/one.yaml", "inner"])
def test_what_another_repository_holds_is_not_compared_with_this_one(
    word: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repository, "init", "--quiet", "inner")
    (repository / "inner" / "one.yaml").write_text(named("three", 8003), encoding="utf-8")

    assert main(["diff", "--base", "main", word]) == 2
    said = f"error: {word} is in a repository of its own, {repository}/inner\n"
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize("inside", ["", "line\nend"])
def test_a_line_end_in_the_name_of_a_folder_hides_nothing(
    inside: str,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved = repository.rename(tmp_path / "two\nlines")
    (moved / inside).mkdir(exist_ok=True)
    monkeypatch.chdir(moved / inside)

    assert main(["diff", "--base", "main"]) == 0
    assert "compared 2 profiles" in capsys.readouterr().out


def test_a_repository_without_git_is_not_called_looked_at(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(repository / "nothing"))

    assert main(["check", "one.yaml", "--verbose"]) == 0
    said = f"the repository {repository} cannot be looked at: there is no git here"
    assert said in capsys.readouterr().out


def test_a_tree_that_git_does_not_find_again_is_not_called_empty(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository.parent))

    assert main(["diff", "--base", "main"]) == 1
    said = capsys.readouterr().err
    assert "git could not read the repository: fatal: not a git repository" in said
    assert "nothing is committed" not in said


def test_what_excludes_commits_is_none(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repository.is_dir()
    assert main(["diff", "--base", "^main"]) == 2
    assert "git knows no commit `^main` here" in capsys.readouterr().err


@pytest.fixture
def loop(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A link to itself, which stands for a folder; what is on record lies elsewhere."""
    assert folder.is_dir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("DEPLOYER_CATALOGUES")
    monkeypatch.delenv("DEPLOYER_ENGINE_HOME", raising=False)
    (tmp_path / "loop").symlink_to("loop")
    releases.cache_clear()
    yield tmp_path / "loop"
    releases.cache_clear()


LOOPS = "Too many levels of symbolic links"


@pytest.mark.parametrize("word", ["loop/*.yaml", "loop/**", "loop/one.yaml", "loop"])
@pytest.mark.parametrize("verb", ["check", "compile"])
def test_a_word_through_a_link_to_itself_is_wrong_usage(
    verb: str, word: str, loop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert loop.is_symlink()
    assert main([verb, word]) == 2
    said = capsys.readouterr()
    assert LOOPS in said.out + said.err


@pytest.mark.parametrize(
    "words",
    [["status"], ["logs", "demo"], ["destroy", "demo", "--yes"], ["apply", "one.yaml", "--yes"]],
    ids=" ".join,
)
def test_a_state_through_a_link_to_itself_is_told(
    words: list[str],
    loop: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(loop))

    assert main(words) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {loop}/deployer/local")
    assert LOOPS.lower() in said.lower()
    assert "owner and rights" not in said


@pytest.mark.parametrize(
    "words",
    [["catalogue", "list"], ["engine", "status"], ["engine", "remove"], ["resolve", "one.yaml"]],
    ids=" ".join,
)
def test_what_is_installed_behind_a_link_to_itself_is_not_known(
    words: list[str],
    loop: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(loop))

    assert main(words) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {loop}/deployer/")
    assert said.err.endswith(f": {LOOPS}\n  A link there leads to itself: `ls -l` shows where\n")
    assert not said.out


@pytest.mark.parametrize(
    ("closed", "words"),
    [
        ("engines", ["engine", "status"]),
        ("engines", ["resolve", "one.yaml"]),
        ("catalogues", ["catalogue", "list"]),
    ],
)
def test_what_lies_in_a_closed_folder_of_ours_is_not_called_absent(
    closed: str, words: list[str], loop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = loop.parent / "data" / "deployer" / closed
    folder.mkdir(parents=True, mode=0)

    with no_override():
        assert main(words) == 1
    assert capsys.readouterr().err.startswith(f"error: {folder}")


@pytest.mark.parametrize("verb", ["check", "plan", "compile", "apply"])
def test_a_lock_that_may_not_be_looked_at_is_not_none(
    verb: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "profiles" / "b200-fp8-eagle.yaml", "glm.yaml")
    (folder / "compiled").mkdir(mode=0)

    with no_override():
        assert main([verb, "glm.yaml"]) == 1
    said = capsys.readouterr()
    assert "error[broken-lock]: compiled/glm.lock.json: Permission denied" in said.out + said.err


@pytest.mark.parametrize("name", ["n" * 300 + ".yaml", "a\\0b.yaml"], ids=["too long", "nul"])
@pytest.mark.parametrize("key", ["extends", "fallback"])
@pytest.mark.parametrize("in_git", [True, False])
def test_a_name_that_no_file_can_have_stops_no_other_profile(
    name: str,
    key: str,
    in_git: bool,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    odd = f'extends: "{name}"' if key == "extends" else f'modal: {{fallback: ["{name}"]}}'
    (folder / "odd.yaml").write_text(f"{odd}\n{named('odd', 8002)}", encoding="utf-8")
    if in_git:
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)

    assert main(["check", "one.yaml"]) == 0
    assert capsys.readouterr().out.startswith("one.yaml: fine")
    for words in (["check"], ["check", "odd.yaml"]):
        assert main(words) == 1
        told = capsys.readouterr()
        assert "error: " not in told.err
        assert "odd.yaml:1:" in told.out
