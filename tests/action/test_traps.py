"""The actions, run against a pull request that is full of traps: nothing of it is run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.listening import listening
from tests.repository import commit, git
from tools.action.base import fetch

from .fake_github import NUMBER, READ, WRITE, Comments, fake_github
from .jobs import Call, Jobs, run_jobs, surroundings
from .runner import ROOT, Job, read, run_action
from .traps import SECRET, hostile_environment, ran, set_traps, spring

pytestmark = pytest.mark.process

PROFILE = (ROOT / "profiles" / "b200-fp8-eagle.yaml").read_text(encoding="utf-8")
TINY = (ROOT / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")
ACTIONS = ("", "check", "comment")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return with_traps(tmp_path)


def with_traps(folder: Path) -> Path:
    """Make a pull request that changes a profile, adds a wrong one, and sets traps."""
    made = folder / "repository"
    (made / "profiles").mkdir(parents=True)
    (made / "profiles" / "glm.yaml").write_text(PROFILE, encoding="utf-8")
    git(made, "init", "--quiet", "--initial-branch=main")
    commit(made, "Serve GLM")
    git(made, "checkout", "--quiet", "-b", "change")
    changed = PROFILE.replace("num_steps: 3", "num_steps: 4")
    (made / "profiles" / "glm.yaml").write_text(changed, encoding="utf-8")
    (folder / "elsewhere.yaml").write_text(f"token: {SECRET}\n", encoding="utf-8")
    set_traps(made, folder / "canaries", TINY)
    return made


def hostile(folder: Path, repository: Path, comments: Comments, profiles: str) -> Jobs:
    pull = {
        "number": NUMBER,
        "title": "$(touch pwned)",
        "head": {"sha": git_of(repository, "rev-parse", "HEAD")},
        "base": {"sha": git_of(repository, "rev-parse", "main")},
    }
    comments.pull = pull
    more = hostile_environment(repository, folder / "canaries")
    with fake_github(comments) as api:
        call = Call({"pull_request": pull}, inputs={"profiles": profiles}, more=more)
        return run_jobs(folder, repository, api, call)


def git_of(repository: Path, *words: str) -> str:
    """Ask git without what the traps have configured."""
    safe = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    return git(repository, *safe, *words)


@dataclass(frozen=True)
class Trapped:
    """What one run came to, and the folder that it ran in."""

    folder: Path
    jobs: Jobs
    comments: Comments


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Trapped:
    folder, comments = tmp_path_factory.mktemp("trapped"), Comments()
    jobs = hostile(folder, with_traps(folder), comments, request.param)
    return Trapped(folder, jobs, comments)


@pytest.mark.parametrize("trapped", ["profiles/*.yaml", ""], indirect=True)
def test_nothing_of_the_pull_request_is_run_and_the_truth_is_said(trapped: Trapped) -> None:
    jobs = trapped.jobs

    assert ran(trapped.folder / "canaries") == set()
    assert not list(trapped.folder.rglob("pwned*"))
    assert jobs.check.code == 1, jobs.log
    assert re.search(r"^::error file=profiles/wrong.yaml,line=\d+", jobs.log, re.MULTILINE)
    assert not any(line.startswith("::notice title=pwned") for line in obeyed(jobs.log))
    assert SECRET not in jobs.log
    assert all(SECRET not in file.read_text(encoding="utf-8") for file in results(jobs))
    (body,) = trapped.comments.texts()
    assert "| `--speculative-num-steps`<br>`speculative.num_steps` | `3` | `4` |" in body
    assert "wrong.yaml" in body


@pytest.mark.parametrize("trapped", ["profiles/*.yaml"], indirect=True)
def test_links_are_named_and_not_followed_and_odd_names_are_annotated(trapped: Trapped) -> None:
    log = trapped.jobs.log

    for name in ("environ.yaml", "away.yaml"):
        assert f"profiles/{name} (a link: one is followed only where it is named)" in log
    told = [line for line in obeyed(log) if line.startswith("::error file=")]
    for name in ("$(touch pwned).yaml", "--format=json.yaml", r"x\n%3A%3Anotice title=pwned"):
        assert any(f"file=profiles/{name}" in line for line in told), (name, log)


def test_a_fork_full_of_traps_is_compared_by_its_objects(tmp_path: Path, repository: Path) -> None:
    head, base = (git_of(repository, "rev-parse", ref) for ref in ("HEAD", "main"))
    git_of(repository, "update-ref", f"refs/pull/{NUMBER}/head", head)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch=main", f"file://{repository}", str(clone))
    seen = ran(tmp_path / "canaries")
    comments = Comments()
    pull = {"number": NUMBER, "head": {"sha": head, "repo": None}, "base": {"sha": base}}
    comments.pulls["someone:x"] = [pull]
    run = {
        "event": "pull_request",
        "head_sha": head,
        "head_branch": "x",
        "head_repository": {"owner": {"login": "someone"}},
    }
    with fake_github(comments) as api:
        more = hostile_environment(clone, tmp_path / "canaries")
        call = Call({"workflow_run": run}, "workflow_run", more=more)
        jobs = run_jobs(tmp_path, clone, api, call)

    assert jobs.code == 0, jobs.log
    assert ran(tmp_path / "canaries") == seen
    assert "--speculative-num-steps" in comments.texts()[0]
    assert SECRET not in jobs.log + comments.texts()[0]
    assert not (clone / "json.py").exists()


@contextmanager
def closed_to_all() -> Iterator[str]:
    """Serve an address that asks everybody who he is."""

    class Closed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=x")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Closed)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("trap", ["core.alternateRefsCommand", "core.askPass", "core.gitProxy"])
def test_no_program_that_a_checkout_names_is_run_by_a_fetch(tmp_path: Path, trap: str) -> None:
    server, checkout, canary = tmp_path / "server", tmp_path / "checkout", tmp_path / "canary"
    for folder in (server, checkout):
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")
    commit_of_server = written(server)
    git(checkout, "config", trap, written_script(canary))
    alternates = checkout / ".git" / "objects" / "info" / "alternates"
    alternates.write_text(f"{server}/.git/objects\n", encoding="utf-8")
    with closed_to_all() as closed:
        address = f"file://{tmp_path}" if trap == "core.alternateRefsCommand" else closed
        if trap == "core.gitProxy":
            git(checkout, "config", "url.git://127.0.0.1/.insteadOf", f"{closed}/")
        environ = {
            "PATH": os.environ["PATH"],
            "GITHUB_WORKSPACE": str(checkout),
            "GITHUB_SERVER_URL": address,
            "GITHUB_REPOSITORY": "server",
            "RUNNER_TEMP": str(tmp_path),
        }

        got = fetch(environ, "refs/heads/main")

    assert got == (commit_of_server if trap == "core.alternateRefsCommand" else "")
    assert not canary.exists()


def written(repository: Path) -> str:
    (repository / "tiny.yaml").write_text(TINY, encoding="utf-8")
    commit(repository)
    return git(repository, "rev-parse", "HEAD")


def written_script(canary: Path) -> str:
    file = canary.with_suffix(".sh")
    file.write_text(f"#!/bin/sh\n: > '{canary}'\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def test_an_interpreter_is_made_beside_the_checkout_and_not_by_it(
    tmp_path: Path, repository: Path
) -> None:
    """The step that makes the environment, for real: `venv.py` of the checkout is not run."""
    environment = {
        **surroundings(tmp_path / "check", "http://127.0.0.1:9", {}, tmp_path),
        **hostile_environment(repository, tmp_path / "canaries"),
    }
    given: dict[str, dict[str, str]] = {name: {} for name in ("install", "base", "check")}
    given["python"] = {"python-path": sys.executable}

    done = run_action("check", Job(repository, environment, {}), {}, given)

    assert done.code == 0, done.log
    assert Path(done.outputs["environment"]["python"]).exists()
    assert ran(tmp_path / "canaries") == set()


def test_the_traps_are_real(tmp_path: Path, repository: Path) -> None:
    sprung = spring(repository, tmp_path / "canaries")

    assert {"venv", "json", "core.fsmonitor"} <= sprung


@pytest.mark.parametrize("action", ACTIONS)
def test_no_step_starts_in_the_checkout_or_with_an_interpreter_that_looks_there(
    action: str,
) -> None:
    steps = read(action)["runs"]["steps"]
    assert steps
    for step in steps:
        if "run" in step:
            assert step["working-directory"] == "${{ runner.temp }}", step["id"]
            for line in re.findall(r"^.*python.*$|^.*PYTHON.*$", step["run"], re.MULTILINE):
                assert line.startswith(('"$PYTHON" -I ', "echo ")), line
            assert "GITHUB_ENV" not in step["run"]
            assert "GITHUB_PATH" not in step["run"]


def test_only_the_step_that_comments_has_a_token_that_may_write(
    tmp_path: Path, repository: Path
) -> None:
    steps = {step["id"]: step for step in read("check")["runs"]["steps"] if "run" in step}

    assert [name for name, step in steps.items() if "token" in str(step.get("env"))] == ["base"]
    comments = Comments()
    jobs = hostile(tmp_path, repository, comments, "profiles/glm.yaml")
    assert jobs.check.code == 0, jobs.log
    assert WRITE not in jobs.log + READ.join(path.read_text() for path in results(jobs))
    assert comments.calls == ["POST"]


def results(jobs: Jobs) -> list[Path]:
    return [path for path in Path(jobs.check.given["result"]).iterdir() if path.is_file()]


def obeyed(log: str) -> list[str]:
    """Give the lines that the runner would look at for commands: not those between stops."""
    found, end = [], ""
    for line in log.splitlines():
        if end:
            end = "" if line == f"::{end}::" else end
        elif line.startswith("::stop-commands::"):
            end = line.removeprefix("::stop-commands::")
        else:
            found.append(line)
    return found
