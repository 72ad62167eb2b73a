"""Which pull request a run is about, asked of GitHub and not of what the run brought along.

A pull request from a fork runs with a token that may only read. A second workflow, which runs on
`workflow_run` in the repository itself, may comment; but everything that it is told comes from the
fork. So only the commit is taken from the event, the pull request is looked up by it, and what it
changes is read from git's objects: nothing of the fork is checked out or run.

The API: docs.github.com/rest/pulls/pulls#list-pull-requests and #get-a-pull-request.
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from typing import Any

from tools.action.github import Api

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Pull:
    """An open pull request: its number, its newest commit, and the commit of its base."""

    number: int
    head: str
    base: str


def about(api: Api, name: str, event: dict[str, Any]) -> Pull | None:
    """Find the open pull request whose newest commit a run is of; None where there is none."""
    if name == "workflow_run":
        return _of_run(api, event.get("workflow_run") or {})
    stated = event.get("pull_request")
    if not stated:
        return None
    return _matching([api.call("GET", f"/pulls/{int(stated['number'])}")], stated["head"]["sha"])


def _of_run(api: Api, run: dict[str, Any]) -> Pull | None:
    if run.get("event") != "pull_request":
        return None
    repository = run.get("head_repository")
    if not repository:  # the fork was deleted
        return None
    branch = f"{repository['owner']['login']}:{run['head_branch']}"
    query = urllib.parse.urlencode({"state": "open", "head": branch, "per_page": 100})
    return _matching(api.call("GET", f"/pulls?{query}"), run["head_sha"])


def _matching(pulls: list[dict[str, Any]], commit: str) -> Pull | None:
    for pull in pulls:
        head, base = pull["head"]["sha"], pull["base"]["sha"]
        if head == commit and COMMIT.fullmatch(head) and COMMIT.fullmatch(base):
            return Pull(int(pull["number"]), head, base)
    return None
