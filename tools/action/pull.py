"""Find the pull request that a `workflow_run` is about: `python pull.py`, for forks.

A pull request from a fork runs with a token that may only read. A second workflow, which runs on
`workflow_run` in the repository itself, may comment; but everything that it is told comes from the
fork. So only the commit is taken from the event, the pull request is looked up by it, and what it
changes is read from git's objects: nothing of the fork is checked out or run.

Writes `number`, `head` and `base` to GITHUB_OUTPUT; nothing where no open pull request has that
commit as its newest. The API: docs.github.com/rest/pulls/pulls#list-pull-requests.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMIT = re.compile(r"[0-9a-f]{40}")

SECONDS = 30
"""Time limit of the call."""


def main(environ: Mapping[str, str]) -> int:
    """Find it; 0 also where there is none, 1 where GitHub does not answer."""
    event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    run = event.get("workflow_run", {})
    if run.get("event") != "pull_request":
        print("The run was of no pull request, so there is nothing to comment on.")
        return 0
    try:
        pull = found(candidates(run, environ), str(run["head_sha"]))
    except (OSError, urllib.error.URLError) as error:
        print(f"::error title=deployer::The pull request could not be looked up: {error}")
        return 1
    if pull is None:
        print("No open pull request has this commit as its newest, so nothing is said.")
        return 0
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as output:
        output.writelines(f"{name}={value}\n" for name, value in pull.items())
    print(f"It is about pull request {pull['number']}.")
    return 0


def candidates(run: dict[str, Any], environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """List the open pull requests from the branch that the run was of."""
    branch = f"{run['head_repository']['owner']['login']}:{run['head_branch']}"
    query = urllib.parse.urlencode({"state": "open", "head": branch, "per_page": 100})
    address = f"{environ['GITHUB_API_URL']}/repos/{environ['GITHUB_REPOSITORY']}/pulls?{query}"
    request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own variable
        address,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {environ['GITHUB_TOKEN']}",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
        pulls: list[dict[str, Any]] = json.load(answer)
    return pulls


def found(pulls: list[dict[str, Any]], commit: str) -> dict[str, int | str] | None:
    """Give the number and both commits of the pull request whose newest commit this is."""
    for pull in pulls:
        head, base = pull["head"]["sha"], pull["base"]["sha"]
        if head == commit and COMMIT.fullmatch(head) and COMMIT.fullmatch(base):
            return {"number": int(pull["number"]), "head": head, "base": base}
    return None


if __name__ == "__main__":
    sys.exit(main(os.environ))
