"""The actions' own steps, run with bash against real branches and a fake of GitHub's API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.repository import commit, git
from tests.warm import warm_python

from .fake_github import NUMBER, READ, WRITE, Comments, fake_github
from .jobs import Call, Jobs, run_jobs
from .runner import ROOT

pytestmark = pytest.mark.process

PROFILE = (ROOT / "profiles" / "b200-fp8-eagle.yaml").read_text(encoding="utf-8")
TINY = (ROOT / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")

Act = Callable[..., Jobs]


@pytest.fixture(scope="module")
def python() -> Iterator[str]:
    """The interpreter of the steps; `test_traps.py` runs them with a real one."""
    with warm_python() as warm:
        yield warm


@pytest.fixture
def comments() -> Comments:
    return Comments()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a profile on main, and a branch checked out that changes nothing."""
    made = tmp_path / "repository"
    (made / "profiles").mkdir(parents=True)
    (made / "profiles" / "glm.yaml").write_text(PROFILE, encoding="utf-8")
    git(made, "init", "--quiet", "--initial-branch=main")
    commit(made, "Serve GLM")
    git(made, "checkout", "--quiet", "-b", "change")
    return made


@pytest.fixture
def act(tmp_path: Path, repository: Path, comments: Comments, python: str) -> Iterator[Act]:
    """Run both jobs on the branch that is checked out."""
    with fake_github(comments) as api:

        def run(*, token: str = WRITE, **inputs: str) -> Jobs:
            pull = {
                "number": NUMBER,
                "title": '"; touch pwned; "',
                "head": {"sha": git(repository, "rev-parse", "HEAD")},
                "base": {"sha": git(repository, "rev-parse", "main")},
            }
            comments.pull = pull
            event: dict[str, Any] = {"pull_request": pull}
            call = Call(event, token=token, inputs=inputs, python=python)
            return run_jobs(tmp_path, repository, api, call)

        yield run


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "profiles" / "glm.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    commit(folder, f"{old} to {new}")


def test_a_change_is_commented_once_and_the_comment_follows_it(
    act: Act, repository: Path, comments: Comments
) -> None:
    for number in range(130):
        comments.add(f"talk {number}", "someone")
    edit(repository, "num_steps: 3", "num_steps: 4")
    first = act()

    assert (first.code, first.changed) == (0, "true"), first.log
    (body,) = comments.texts()
    assert "--speculative-num-steps" in body
    assert "--speculative-num-draft-tokens" in body
    assert "speculative.num_steps" in body
    assert first.summary == body

    edit(repository, "num_steps: 4", "num_steps: 5")
    second = act()

    (updated,) = comments.texts()
    assert second.code == 0, second.log
    assert comments.calls == ["POST", "PATCH"]
    assert updated != body

    third = act()
    assert comments.calls == ["POST", "PATCH"], "the same text is not sent again"
    assert third.code == 0


def test_nothing_changed_is_silent(act: Act, repository: Path, comments: Comments) -> None:
    edit(repository, "# No max_inputs:", "# Without max_inputs:")
    ran = act()

    assert (ran.code, ran.changed) == (0, "false"), ran.log
    assert ran.summary == ""
    assert comments.calls == []


def test_a_change_taken_back_is_said_in_the_same_comment(
    act: Act, repository: Path, comments: Comments
) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")
    act()
    edit(repository, "num_steps: 4", "num_steps: 3")
    act()

    (body,) = comments.texts()
    assert comments.calls == ["POST", "PATCH"]
    assert "--speculative-num-steps" not in body


def test_nobody_elses_comment_is_touched(act: Act, repository: Path, comments: Comments) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")
    act()
    (body,) = comments.texts()
    comments.bodies.clear()
    comments.calls.clear()
    comments.add(body, "someone")

    edit(repository, "num_steps: 4", "num_steps: 5")
    act()

    assert comments.calls == ["POST"]
    assert comments.texts("someone") == [body]


def test_a_fork_gets_summary_and_annotations_without_a_comment(
    act: Act, repository: Path, comments: Comments
) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")
    ran = act(token=READ)

    assert ran.code == 0, ran.log
    assert "::notice title=deployer::This token may not comment" in ran.log
    assert "--speculative-num-steps" in ran.summary
    assert comments.bodies == []


def test_a_wrong_profile_is_annotated_at_its_line_and_fails(
    act: Act, repository: Path, comments: Comments
) -> None:
    edit(repository, "num_steps: 3", "num_stepz: 3")
    line = next(
        number
        for number, text in enumerate(
            (repository / "profiles" / "glm.yaml").read_text(encoding="utf-8").splitlines(), 1
        )
        if "num_stepz" in text
    )
    ran = act()

    assert ran.code == 1
    assert f"::error file=profiles/glm.yaml,line={line}," in ran.log
    assert len(comments.texts()) == 1, "the diff is shown all the same"


def test_a_warning_fails_only_when_asked(act: Act, repository: Path) -> None:
    edit(repository, '    SGLANG_ENABLE_SPEC_V2: "1"', '    SGLANG_NO_SUCH_THING: "1"')

    assert act().code == 0
    assert act(strict="true").code in {0, 1}


def test_a_new_and_a_deleted_profile_are_told(
    act: Act, repository: Path, comments: Comments
) -> None:
    (repository / "profiles" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    git(repository, "rm", "--quiet", "profiles/glm.yaml")
    commit(repository, "Remove one and add one")
    ran = act()

    assert ran.code == 0, ran.log
    (body,) = comments.texts()
    assert "- **`profiles/glm.yaml`**: deleted, b200-fp8-eagle\n" in body
    assert "- **`profiles/tiny.yaml`**: a new deployment, cpu-tiny\n" in body


def test_the_last_profile_can_be_deleted(act: Act, repository: Path, comments: Comments) -> None:
    git(repository, "rm", "--quiet", "profiles/glm.yaml")
    commit(repository, "Remove it")
    ran = act()

    assert ran.code == 0, ran.log
    assert "deleted, b200-fp8-eagle" in comments.texts()[0]


@pytest.mark.parametrize("patterns", ["configs/*.yaml", "profiles/*.yaml profiles/*.yml"])
def test_a_pattern_that_matches_nothing_fails(
    act: Act, repository: Path, comments: Comments, patterns: str
) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")

    ran = act(profiles=patterns)

    assert ran.code, ran.log
    assert ran.code == 2
    assert f"`{patterns.rsplit(maxsplit=1)[-1]}` matches nothing" in ran.log
    assert comments.texts() == []


def test_profiles_are_found_wherever_they_lie(
    act: Act, repository: Path, comments: Comments
) -> None:
    (repository / "deploy").mkdir()
    git(repository, "mv", "profiles/glm.yaml", "deploy/prod.yml")
    git(repository, "commit", "--quiet", "--message", "Move it")
    text = (repository / "deploy" / "prod.yml").read_text(encoding="utf-8")
    edited = text.replace("num_steps: 3", "num_steps: 4")
    (repository / "deploy" / "prod.yml").write_text(edited, encoding="utf-8")
    commit(repository, "Change it")

    ran = act()

    assert ran.code == 0, ran.log
    (body,) = comments.texts()
    assert "- **`deploy/prod.yml`** (was `profiles/glm.yaml`): 2 changes" in body


def test_the_merged_commit_knows_its_base_better_than_the_event(
    tmp_path: Path, repository: Path, comments: Comments, python: str
) -> None:
    """The base branch has moved on since the event's base, and the branch does not know it."""
    event_base = git(repository, "rev-parse", "main")
    edit(repository, "num_steps: 3", "num_steps: 4")
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "main")
    edit(repository, "served_name: glm-5.1", "served_name: other")
    git(repository, "checkout", "--quiet", "-b", "merged")
    git(repository, "merge", "--quiet", "--no-edit", head)
    event: dict[str, Any] = {
        "pull_request": {"number": NUMBER, "base": {"sha": event_base}, "head": {"sha": head}}
    }
    comments.pull = event["pull_request"]
    with fake_github(comments) as api:
        ran = run_jobs(tmp_path, repository, api, Call(event, python=python))

    assert ran.code == 0, ran.log
    (body,) = comments.texts()
    assert "--speculative-num-steps" in body
    assert "served" not in body


def test_a_base_that_cannot_be_had_fails_and_says_so(act: Act) -> None:
    ran = act(base="no-such-branch")

    assert ran.code != 0
    assert "git knows no commit `no-such-branch` here" in ran.log


def test_a_base_that_cannot_be_read_fails_and_says_so(act: Act, repository: Path) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")
    lost = git(repository, "rev-parse", "main:profiles/glm.yaml")
    (repository / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    ran = act()

    assert (ran.code, ran.changed) == (1, "false"), ran.log
    assert f"unable to read {lost}" in ran.log
    assert "Traceback" not in ran.log


def test_what_was_not_compared_is_said(act: Act, repository: Path) -> None:
    (repository / "tiny.yaml").write_text(TINY, encoding="utf-8")
    commit(repository, "Serve a tiny model")
    git(repository, "branch", "--force", "main")
    git(repository, "sparse-checkout", "set", "--no-cone", "/tiny.yaml")
    ran = act()

    assert (ran.code, ran.changed) == (0, "false"), ran.log
    assert "profiles/glm.yaml (left out of this sparse checkout, so not compared)" in ran.log


def test_a_shallow_checkout_fetches_the_base(
    tmp_path: Path, repository: Path, comments: Comments, python: str
) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")
    shallow = tmp_path / "shallow"
    git(
        tmp_path, "clone", "--quiet", "--depth=1", "--branch=change",
        f"file://{repository}", str(shallow),
    )  # fmt: skip
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    base = git(repository, "rev-parse", "main")
    head = git(repository, "rev-parse", "HEAD")
    event: dict[str, Any] = {
        "pull_request": {"number": NUMBER, "base": {"sha": base}, "head": {"sha": head}}
    }
    comments.pull = event["pull_request"]
    with fake_github(comments) as api:
        ran = run_jobs(tmp_path, shallow, api, Call(event, python=python))

    assert ran.code == 0, ran.log
    assert "--speculative-num-steps" in comments.texts()[0]


@pytest.fixture
def fork(repository: Path) -> tuple[Path, str]:
    """The repository itself on its default branch, and the commit of a pull request from a fork."""
    edit(repository, "num_steps: 3", "num_steps: 4")
    (repository / "profiles" / "link.yaml").symlink_to("/proc/self/environ")
    commit(repository, "Link to secrets")
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "update-ref", f"refs/pull/{NUMBER}/head", head)
    clone = repository.parent / "clone"
    git(repository.parent, "clone", "--quiet", "--branch=main", f"file://{repository}", str(clone))
    return clone, head


def of_fork(
    tmp_path: Path, clone: Path, head: str, comments: Comments, newest: str, python: str
) -> Jobs:
    base = git(clone, "rev-parse", "main")
    run = {
        "event": "pull_request",
        "head_sha": head,
        "head_branch": "a&b=c",
        "head_repository": {"owner": {"login": "someone"}},
    }
    other = {"number": 1, "head": {"sha": base}, "base": {"sha": base}}
    pull = {"number": NUMBER, "head": {"sha": newest}, "base": {"sha": base}}
    comments.pulls["someone:a&b=c"] = [other, pull]
    event = {"workflow_run": run}
    with fake_github(comments) as api:
        return run_jobs(tmp_path, clone, api, Call(event, "workflow_run", python=python))


def test_a_second_workflow_comments_on_a_fork_without_a_checkout(
    tmp_path: Path, fork: tuple[Path, str], comments: Comments, python: str
) -> None:
    clone, head = fork
    ran = of_fork(tmp_path, clone, head, comments, head, python)

    assert ran.code == 0, ran.log
    (body,) = comments.texts()
    assert "| `--speculative-num-steps`<br>`speculative.num_steps` | `3` | `4` |" in body
    assert "link.yaml" not in body
    assert git(clone, "status", "--porcelain") == ""
    assert "::error" not in ran.log


def test_a_fork_that_has_moved_on_is_left_to_its_newer_run(
    tmp_path: Path, fork: tuple[Path, str], comments: Comments, python: str
) -> None:
    clone, head = fork
    ran = of_fork(tmp_path, clone, head, comments, "0" * 40, python)

    assert ran.code == 0, ran.log
    assert "No open pull request has this commit as its newest" in ran.log
    assert comments.bodies == []


def test_a_fork_that_was_deleted_is_no_failure(
    tmp_path: Path, fork: tuple[Path, str], comments: Comments, python: str
) -> None:
    clone, head = fork
    run = {"event": "pull_request", "head_sha": head, "head_branch": "x", "head_repository": None}
    with fake_github(comments) as api:
        call = Call({"workflow_run": run}, "workflow_run", python=python)
        ran = run_jobs(tmp_path, clone, api, call)

    assert ran.code == 0, ran.log
    assert "No open pull request has this commit as its newest" in ran.log
    assert comments.bodies == []


def test_a_number_that_the_run_brings_along_is_not_believed(
    tmp_path: Path, fork: tuple[Path, str], comments: Comments, python: str
) -> None:
    """Only the commit of a fork's run counts; which pull request has it is asked of GitHub."""
    clone, head = fork
    run = {
        "event": "pull_request",
        "head_sha": head,
        "head_branch": "x",
        "head_repository": {"owner": {"login": "someone"}},
        "pull_requests": [{"number": NUMBER, "head": {"sha": head}, "base": {"sha": head}}],
    }
    with fake_github(comments) as api:
        call = Call({"workflow_run": run}, "workflow_run", python=python)
        ran = run_jobs(tmp_path, clone, api, call)

    assert ran.code == 0, ran.log
    assert comments.bodies == []


def test_an_older_run_does_not_write_over_a_newer_one(
    tmp_path: Path, repository: Path, comments: Comments, python: str
) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")
    base, head = (git(repository, "rev-parse", ref) for ref in ("main", "HEAD"))
    event = {"pull_request": {"number": NUMBER, "base": {"sha": base}, "head": {"sha": head}}}
    comments.pull = {"number": NUMBER, "base": {"sha": base}, "head": {"sha": "b" * 40}}
    with fake_github(comments) as api:
        ran = run_jobs(tmp_path, repository, api, Call(event, python=python))

    assert ran.code == 0, ran.log
    assert "nothing is said" in ran.log
    assert comments.bodies == []


def test_a_result_that_is_not_the_checks_is_not_commented(
    tmp_path: Path, repository: Path, comments: Comments, python: str
) -> None:
    edit(repository, "num_steps: 3", "num_steps: 4")
    base, head = (git(repository, "rev-parse", ref) for ref in ("main", "HEAD"))
    event = {"pull_request": {"number": NUMBER, "base": {"sha": base}, "head": {"sha": head}}}
    comments.pull = event["pull_request"]

    def replaced(artifact: Path) -> None:
        text = "<!-- deployer-diff -->\nNothing changes at run time.\n"
        (artifact / "diff.md").write_text(text, encoding="utf-8")

    with fake_github(comments) as api:
        ran = run_jobs(tmp_path, repository, api, Call(event, on_the_way=replaced, python=python))

    assert ran.code == 1
    assert "::error title=deployer::The result was not used: it is not what the check wrote" in (
        ran.log
    )
    assert comments.bodies == []


def test_a_base_that_would_be_an_option_is_refused(act: Act) -> None:
    ran = act(base="--upload-pack=touch pwned")

    assert ran.code == 2
    assert "`base` is a branch or a commit" in ran.log


def test_what_people_write_is_never_run(act: Act, repository: Path) -> None:
    name = '"; touch pwned; ".yaml'
    (repository / "profiles" / name).write_text(PROFILE, encoding="utf-8")
    commit(repository, "$(touch pwned)")
    act()

    assert not list(repository.rglob("pwned"))
