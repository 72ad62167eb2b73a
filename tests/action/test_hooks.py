"""The hooks, run by the real pre-commit in a real repository.

Only the environment is not made: with ``language: system`` pre-commit calls the deployer that is
here instead of installing it from the package index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import yaml

from tests.repository import commit, git
from tests.warm import warm_python

from .runner import ROOT

pytestmark = pytest.mark.process

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
TINY = (ROOT / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")
SECRET = "ghs_canary_that_must_not_be_shown"
PORT_LINE = TINY.splitlines().index("  port: 8000") + 1


@dataclass(frozen=True)
class Ran:
    code: int
    out: str


REAL = Path(sys.executable).parent

Hook = Callable[[Path, str], Ran]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkout of deployer's hooks, and the repository that each test gets."""
    folder = tmp_path_factory.mktemp("made")
    hooks, made = folder / "hooks", folder / "repository"
    hooks.mkdir()
    (hooks / MANIFEST.name).write_bytes(MANIFEST.read_bytes())
    git(hooks, "init", "--quiet")
    commit(hooks)
    (made / "profiles").mkdir(parents=True)
    (made / "profiles" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    git(made, "init", "--quiet")
    config = {
        "repos": [
            {
                "repo": str(hooks),
                "rev": git(hooks, "rev-parse", "HEAD"),
                "hooks": [
                    {"id": hook["id"], "language": "system"}
                    for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
                ],
            }
        ]
    }
    (made / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    compile_again(made)
    commit(made)
    return folder


@pytest.fixture
def repository(tmp_path: Path, made: Path) -> Path:
    """A repository with one profile, its flags, and the two hooks of a checkout of deployer."""
    return Path(shutil.copytree(made / "repository", tmp_path / "repository", symlinks=True))


@pytest.fixture(scope="module")
def hook(made: Path) -> Iterator[Hook]:
    """Run one hook as a commit would, on what is staged, with a deployer that is warm."""
    with warm_python() as python:
        yield partial(run_hook, Path(python).parent, made / "cache")


@pytest.fixture
def real_hook(made: Path) -> Hook:
    """Run one hook with the deployer that is installed."""
    return partial(run_hook, REAL, made / "cache")


def run_hook(programs: Path, cache: Path, folder: Path, name: str) -> Ran:
    git(folder, "add", "--all")
    ran = subprocess.run(
        ["pre-commit", "run", name],
        cwd=folder,
        env=environment(folder, programs) | {"PRE_COMMIT_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    return Ran(ran.returncode, ran.stdout + ran.stderr)


def environment(folder: Path, programs: Path) -> dict[str, str]:
    return {
        "PATH": f"{programs}:{REAL}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
    }


def compile_again(folder: Path) -> None:
    words = ["deployer", "compile", "--write", "profiles/tiny.yaml"]
    subprocess.run(words, cwd=folder, env=environment(folder, REAL), check=True)


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_manifest_is_one_that_pre_commit_takes() -> None:
    program = Path(sys.executable).with_name("pre-commit")
    subprocess.run([program, "validate-manifest", str(MANIFEST)], cwd=ROOT, check=True)
    assert {h["language"] for h in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))} == {
        "python"
    }


def test_a_right_profile_with_fresh_flags_passes(repository: Path, real_hook: Hook) -> None:
    edit(repository, "profiles/tiny.yaml", "port: 8000", "port: 8001")
    compile_again(repository)

    assert real_hook(repository, "deployer-check").code == 0
    assert real_hook(repository, "deployer-compiled").code == 0


def test_a_wrong_profile_stops_the_commit(repository: Path, hook: Hook) -> None:
    edit(repository, "profiles/tiny.yaml", "port: 8000", "prot: 8000")

    ran = hook(repository, "deployer-check")

    assert ran.code == 1
    assert "error[unknown-key]" in ran.out


def test_a_profile_without_fresh_flags_stops_the_commit(repository: Path, hook: Hook) -> None:
    edit(repository, "profiles/tiny.yaml", "port: 8000", "port: 8001")

    ran = hook(repository, "deployer-compiled")

    assert ran.code == 1
    assert "profiles/compiled/tiny.flags is not fresh" in ran.out


def test_flags_that_were_edited_by_hand_stop_the_commit(repository: Path, hook: Hook) -> None:
    edit(repository, "profiles/compiled/tiny.flags", "# door port: 8000", "# door port: 9000")

    ran = hook(repository, "deployer-compiled")

    assert ran.code == 1
    assert "+# door port: 8000" in ran.out


def test_other_files_are_none_of_the_hooks_business(repository: Path, hook: Hook) -> None:
    (repository / "profiles" / "notes.txt").write_text("none\n", encoding="utf-8")

    for name in ("deployer-check", "deployer-compiled"):
        ran = hook(repository, name)
        assert (ran.code, "no files to check" in ran.out) == (0, True)


def test_other_yaml_is_no_profile(repository: Path, hook: Hook) -> None:
    (repository / "values.yaml").write_text("no: profile\n", encoding="utf-8")

    for name in ("deployer-check", "deployer-compiled"):
        ran = hook(repository, name)
        assert (ran.code, "no files to check" in ran.out) == (0, False)


def test_a_profile_anywhere_stops_the_commit(repository: Path, hook: Hook) -> None:
    (repository / "deploy").mkdir()
    wrong = TINY.replace("port: 8000", "prot: 8000").replace("name: cpu-tiny", "name: other")
    (repository / "deploy" / "glm.yml").write_text(wrong, encoding="utf-8")

    ran = hook(repository, "deployer-check")

    assert ran.code == 1
    assert f"deploy/glm.yml:{PORT_LINE}:3: error[unknown-key]" in ran.out


def test_a_repository_without_a_profile_is_not_called_fine(repository: Path, hook: Hook) -> None:
    edit(repository, "profiles/tiny.yaml", TINY, "no: profile\n")

    for name in ("deployer-check", "deployer-compiled"):
        ran = hook(repository, name)
        assert ran.code == 1
        assert "there is no profile in the repository" in ran.out


def test_a_link_is_not_followed_and_does_not_hide_the_others(repository: Path, hook: Hook) -> None:
    (repository.parent / "elsewhere.yaml").write_text(f"name: {SECRET}\n", encoding="utf-8")
    (repository / "profiles" / "away.yaml").symlink_to("../../elsewhere.yaml")
    (repository / "profiles" / "environ.yaml").symlink_to("/proc/self/environ")
    edit(repository, "profiles/tiny.yaml", "port: 8000", "prot: 8000")

    for name in ("deployer-check", "deployer-compiled"):
        ran = hook(repository, name)
        assert ran.code == 1, ran.out
        assert "profiles/tiny.yaml" in ran.out
        assert "profiles/away.yaml (a link: one is followed only where it is named)" in ran.out
        assert SECRET not in ran.out


def test_committed_flags_that_are_a_link_are_neither_shown_nor_called_fresh(
    repository: Path, hook: Hook
) -> None:
    (repository.parent / "elsewhere").write_text(f"{SECRET}\n", encoding="utf-8")
    flags = repository / "profiles" / "compiled" / "tiny.flags"
    flags.unlink()
    flags.symlink_to("../../../elsewhere")
    edit(repository, "profiles/tiny.yaml", "port: 8000", "port: 8001")

    ran = hook(repository, "deployer-compiled")

    assert ran.code == 1
    assert "leads by a link out of the repository" in ran.out
    assert SECRET not in ran.out


def test_an_odd_name_is_shown_on_one_line_and_does_not_hide_the_others(
    repository: Path, hook: Hook
) -> None:
    wrong = TINY.replace("port: 8000", "prot: 8000")
    odd = "x\n::error::\x1b[2J.yaml"
    (repository / "profiles" / odd).write_text(wrong.replace("cpu-tiny", "odd"), encoding="utf-8")
    edit(repository, "profiles/tiny.yaml", TINY, wrong)

    ran = hook(repository, "deployer-check")

    assert ran.code == 1
    assert f"profiles/tiny.yaml:{PORT_LINE}:3: error[unknown-key]" in ran.out
    assert r"profiles/x\n::error::\x1b[2J.yaml" in ran.out
    assert "\x1b[2J" not in ran.out
    assert not any(line.startswith("::error::") for line in ran.out.splitlines())


def test_nothing_of_the_repository_is_run(
    repository: Path, real_hook: Hook, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    for name in ("json", "click", "deployer", "sitecustomize", "conftest"):
        text = f"open({str(canary)!r}, 'w').close()\n"
        (repository / f"{name}.py").write_text(text, encoding="utf-8")
    edit(repository, "profiles/tiny.yaml", "port: 8000", "port: 8001")

    assert real_hook(repository, "deployer-check").code == 0
    assert not canary.exists()
