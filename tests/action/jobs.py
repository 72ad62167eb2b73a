"""The two jobs of the reusable workflow, as two runners would run them.

What travels from one to the other is the result's folder, as an artifact, and its digest. The job
that comments starts in an empty folder, as without a checkout.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .fake_github import BOT, READ, REPOSITORY, WRITE
from .runner import Job, Run, run_action


def installed(python: str) -> dict[str, dict[str, str]]:
    """Give what the steps that install would give: an environment that has deployer."""
    return {"python": {"python-path": python}, "environment": {"python": python}, "install": {}}


@dataclass
class Jobs:
    """What came of both; ``comment`` is None where it was left out."""

    check: Run
    comment: Run | None = None

    @property
    def code(self) -> int:
        return self.check.code or (self.comment.code if self.comment else 0)

    @property
    def log(self) -> str:
        return self.check.log + (self.comment.log if self.comment else "")

    @property
    def changed(self) -> str:
        return self.check.given["changed"]

    @property
    def summary(self) -> str:
        return self.check.summary


@dataclass
class Call:
    """One run of the workflow.

    ``more`` are variables that something before has set; ``on_the_way`` is what another job of the
    run does to the artifact; ``python`` has deployer installed.
    """

    event: dict[str, Any]
    event_name: str = "pull_request"
    token: str = WRITE
    inputs: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)
    on_the_way: Callable[[Path], None] = lambda _: None
    python: str = sys.executable


def run_jobs(folder: Path, workspace: Path, api: str, call: Call) -> Jobs:
    """Run the one and then the other; ``folder`` is where `repository` is what GitHub has."""
    server = folder / "server"
    origin = server / REPOSITORY
    if not origin.exists():
        origin.parent.mkdir(parents=True)
        origin.symlink_to(folder / "repository")
    environment = surroundings(folder / "check", api, call.event, server) | call.more
    job = Job(workspace, environment, call.event, call.event_name)
    given = installed(call.python)
    jobs = Jobs(run_action("check", job, {"token": READ, **call.inputs}, given))
    if not jobs.check.given["result"]:
        return jobs
    artifact = folder / "comment" / "deployer-result"
    environment = surroundings(folder / "comment", api, call.event, server)
    shutil.rmtree(artifact, ignore_errors=True)
    shutil.copytree(jobs.check.given["result"], artifact)
    call.on_the_way(artifact)
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    jobs.comment = run_action(
        "comment",
        Job(empty, environment, call.event, call.event_name),
        {
            "result": str(artifact),
            "digest": jobs.check.given["digest"],
            "token": call.token,
            "comment-author": BOT,
        },
        given,
    )
    return jobs


def surroundings(temporary: Path, api: str, event: object, server: Path) -> dict[str, str]:
    """Give what GitHub's runner sets for every step of a job."""
    temporary.mkdir(exist_ok=True)
    (temporary / "event.json").write_text(json.dumps(event), encoding="utf-8")
    (temporary / "summary").unlink(missing_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(temporary),
        "GITHUB_API_URL": api,
        "GITHUB_SERVER_URL": f"file://{server}",
        "GITHUB_EVENT_PATH": str(temporary / "event.json"),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        "RUNNER_TEMP": str(temporary),
    }
