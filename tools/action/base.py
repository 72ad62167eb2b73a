"""Find the two commits to compare, and fetch what a shallow checkout does not have.

Reads BASE (the one that the workflow chose, or nothing) and GITHUB_TOKEN, which only reads. Writes
`commit`, and for a `workflow_run` also `head`: a commit of a fork that is fetched and never checked
out.
"""

from __future__ import annotations

import subprocess
import urllib.error
from collections.abc import Mapping
from typing import Any

from tools.action.github import Api, event, say
from tools.action.pull import Pull, about
from tools.action.surroundings import environment, quote

NO_COMMIT = "0" * 40
"""What GitHub states as the commit before the first one of a branch."""

SECONDS = 300
"""Time limit of a fetch."""


def main(environ: Mapping[str, str]) -> int:
    """Find them; 0 also where there is nothing to compare with, 1 where GitHub does not answer."""
    stated = event(environ)
    name = environ["GITHUB_EVENT_NAME"]
    chosen = environ.get("BASE", "")
    if chosen.startswith("-"):
        print("::error title=deployer::`base` is a branch or a commit, and begins with no dash.")
        return 2
    pull = None
    if name == "workflow_run":
        try:
            pull = about(Api.of(environ), name, stated)
        except (OSError, urllib.error.URLError) as error:
            print(f"::error title=deployer::The pull request could not be looked up: {error}")
            return 1
        if pull is None:
            print("No open pull request has this commit as its newest, so nothing is said.")
            return 0
        fetch(environ, f"refs/pull/{pull.number}/head")
    base = chosen or _stated(stated, pull)
    if not chosen and pull is None:
        base = _merged_with(environ, stated) or base
    if base and base != NO_COMMIT and not _there(environ, base):
        base = fetch(environ, base, "--depth=1") or base
    say(environ, commit="" if base == NO_COMMIT else base, head=pull.head if pull else "")
    return 0


def fetch(environ: Mapping[str, str], ref: str, *options: str) -> str:
    """Fetch a commit or ref from the repository itself; gives the commit, or '' where it failed."""
    # By address: the remotes of a checkout are named in a file of the checkout.
    address = f"{environ['GITHUB_SERVER_URL']}/{environ['GITHUB_REPOSITORY']}"
    words = ["fetch", "--quiet", "--no-tags", *options, "--", address, ref]
    ran = _git(environ, *words, token=environ.get("GITHUB_TOKEN", ""))
    if ran.returncode:
        quote(ran.stderr)
        return ""
    return _git(environ, "rev-parse", "FETCH_HEAD").stdout.strip()


def _stated(event: dict[str, Any], pull: Pull | None) -> str:
    """Give the base that the event states."""
    if pull is not None:
        return pull.base
    about_pull = event.get("pull_request") or {}
    return str((about_pull.get("base") or {}).get("sha") or event.get("before") or "")


def _merged_with(environ: Mapping[str, str], event: dict[str, Any]) -> str:
    """Give the commit that GitHub merged for this run: it can be newer than the event's base.

    Read from the object, because a shallow checkout hides the parents.
    """
    head = ((event.get("pull_request") or {}).get("head") or {}).get("sha")
    about = _git(environ, "cat-file", "commit", "HEAD").stdout.partition("\n\n")[0]
    parents = [line[7:] for line in about.splitlines() if line.startswith("parent ")]
    return parents[0] if len(parents) == 2 and parents[1] == head else ""  # noqa: PLR2004 - a merge


def _there(environ: Mapping[str, str], commit: str) -> bool:
    return not _git(environ, "cat-file", "-e", f"{commit}^{{commit}}").returncode


def _git(
    environ: Mapping[str, str], *words: str, token: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *words],  # noqa: S607 - the runner's own, on the path that we were started with
        cwd=environ["GITHUB_WORKSPACE"],
        env=environment(environ, token),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=SECONDS,
    )
