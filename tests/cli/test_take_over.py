"""One name on this machine, two files: a copy does not end its original's server unasked."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployer.apply.local.apply import apply
from deployer.apply.local.folder import folder_of
from deployer.apply.local.lock import locked
from deployer.apply.local.process import Identity, identify
from deployer.apply.local.state import State, write_state
from deployer.cli.main import main
from deployer.cli.take_over import was_moved
from deployer.compile.release import compile_profile
from deployer.errors import Failure
from deployer.plan.file import mark
from deployer.profile.load import load_profile
from tests.plan.standings import deployed
from tests.repository import commit, git

ROOT = Path(__file__).resolve().parents[2]
TINY = (ROOT / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")
OTHER = TINY.replace("  port: 8000", "  port: 8765")


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


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile, and its server on record: this very process stands for it, and is up."""
    monkeypatch.setattr("deployer.apply.local.apply.apply", reached)
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    keep(path, identify(os.getpid()))
    return path


def keep(path: Path, supervisor: Identity) -> None:
    release = compile_profile(load_profile(TINY, "tiny.yaml").profile)  # type: ignore[arg-type]
    folder = folder_of("cpu-tiny", os.environ)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.release.write_text(release.to_json(), encoding="utf-8")
    state = State(
        name="cpu-tiny",
        digest=release.digest(),
        profile=str(path),
        port=8000,
        created=0.0,
        supervisor=supervisor,
        processes=(),
        key_source="none",
        events_from=0,
    )
    write_state(folder, state)


def reached(
    *_words: object, profile_path: str, agree: Callable[[], None], **_options: object
) -> None:
    agree()
    message = f"reached with {profile_path}"
    raise Failure(message)


def copy_of(served: Path, text: str = OTHER) -> str:
    copy = served.with_name("copy.yaml")
    copy.write_text(text, encoding="utf-8")
    return str(copy)


@pytest.mark.parametrize("words", [[], ["--yes"]])
def test_a_copy_asks_before_it_ends_its_originals_server(
    served: Path, run: Run, words: list[str]
) -> None:
    ran = run("apply", copy_of(served), *words)

    assert (ran.code, ran.out) == (2, "")
    assert f"`cpu-tiny` was applied from {served} (release " in ran.err
    assert "its server would be ended" in ran.err
    assert "there is no terminal to ask at: " in ran.err
    assert "`--take-over` answers it" in ran.err
    assert "reached" not in ran.err


def test_taking_over_is_said_once_and_done(served: Path, run: Run) -> None:
    copy = copy_of(served)
    ran = run("apply", copy, "--take-over")

    assert ran.code == 1
    assert f"error: reached with {copy}" in ran.err


def test_the_same_file_by_another_way_is_no_other(
    served: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.write_text(OTHER, encoding="utf-8")
    monkeypatch.chdir(served.parent)

    ran = run("apply", "./tiny.yaml")

    assert f"reached with {served}" in ran.err, "and the record has the whole path"
    assert "was applied from" not in ran.err


def test_the_same_release_is_no_obstacle_and_is_told(served: Path, run: Run) -> None:
    ran = run("apply", copy_of(served, TINY))

    assert "reached" in ran.err
    assert f"note: `cpu-tiny` was applied from {served}" in ran.err


def test_a_file_that_was_moved_is_no_obstacle_and_is_told(served: Path, run: Run) -> None:
    served.unlink()
    ran = run("apply", copy_of(served))

    assert "reached" in ran.err
    assert f"was applied from {served} (release " in ran.err
    assert "which is not there any more" in ran.err


def test_a_server_that_has_ended_is_no_obstacle(served: Path, run: Run) -> None:
    keep(served, dataclasses.replace(identify(os.getpid()), started="another boot 1"))

    assert "reached" in run("apply", copy_of(served)).err


def test_a_record_of_before_says_that_it_is_not_known(served: Path, run: Run) -> None:
    keep(Path("tiny.yaml"), identify(os.getpid()))
    ran = run("apply", copy_of(served))

    assert "reached" in ran.err
    assert (
        "applied from tiny.yaml, as it was typed then: whether that is this file is not" in ran.err
    )
    value = json.loads(run("plan", copy_of(served), "--format", "json").out)["on_record"]
    assert (value["other_file"], value["takes_over"]) == (None, False)


@pytest.mark.process
def test_a_moved_file_is_known_by_the_commit_that_was_deployed(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(TINY, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    then = deployed(commit=git(tmp_path, "rev-parse", "HEAD"), file=mark("old.yaml"))
    assert not was_moved(then, tmp_path), "it is there"

    git(tmp_path, "mv", "old.yaml", "new.yaml")
    assert was_moved(then, tmp_path)
    assert not was_moved(dataclasses.replace(then, file=mark("else.yaml")), tmp_path)
    assert not was_moved(dataclasses.replace(then, file=mark("a b.yaml")), tmp_path)
    for unknown in ("", "0" * 40, "HEAD"):
        assert not was_moved(dataclasses.replace(then, commit=unknown), tmp_path)


def test_a_plan_names_the_file_on_record(served: Path, run: Run) -> None:
    ran = run("plan", copy_of(served))
    assert ran.code == 0
    assert f"`cpu-tiny` was applied from {served}" in ran.out
    assert "its server would be ended" in ran.out

    value = json.loads(run("plan", copy_of(served), "--format", "json").out)["on_record"]
    assert (value["file"], value["other_file"], value["takes_over"]) == (str(served), True, True)
    value = json.loads(run("plan", str(served), "--format", "json").out)["on_record"]
    assert (value["other_file"], value["takes_over"]) == (False, False)


def test_it_asks_when_nobody_else_can_apply(served: Path) -> None:
    """What was agreed to is what is ended: another apply cannot come between."""

    def agree() -> None:
        with (
            pytest.raises(Failure, match="of `cpu-tiny` is running already"),
            locked(folder_of("cpu-tiny", os.environ), "apply"),
        ):
            pytest.fail("two at a time")
        message = "asked under the lock"
        raise Failure(message)

    release = compile_profile(load_profile(TINY, "tiny.yaml").profile)  # type: ignore[arg-type]
    with pytest.raises(Failure, match="asked under the lock"):
        apply(
            release,
            profile_path=str(served),
            on_event=lambda _: None,
            confirm_install=lambda _: False,
            agree=agree,
        )
