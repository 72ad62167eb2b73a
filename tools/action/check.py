"""Check the profiles and say what the change does; the result is a folder of data.

Reads PROFILES (files, folders and patterns between spaces, or nothing for every profile), STRICT,
BASE_COMMIT and FORK_COMMIT. Has no token. `deployer` runs in an interpreter that looks for nothing
in the checkout, and only reads there.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.action.github import event, say
from tools.action.result import Result, write
from tools.action.surroundings import environment, quote

ANNOTATION = re.compile(r"::(error|warning|notice) ")
WRONG_USAGE = 2

SECONDS = 600
"""Time limit of one command."""


@dataclass(frozen=True)
class Ran:
    """How one command ended, and what it said."""

    code: int
    out: str
    err: str


def main(environ: Mapping[str, str]) -> int:
    """Check and compare; gives the exit code that the job has."""
    folder = Path(environ["RUNNER_TEMP"]) / "deployer-result"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    fork = environ.get("FORK_COMMIT", "")
    checked = Ran(0, "", "") if fork else _check(environ, folder)
    base = environ.get("BASE_COMMIT", "")
    if not base:
        print("There is nothing to compare with, so there is no diff.")
        say(environ, changed="false")
        return checked.code
    return _compare(environ, folder, base, checked)


def _check(environ: Mapping[str, str], folder: Path) -> Ran:
    """Annotate the lines of the files, and keep the findings as JSON."""
    strict = ["--strict"] if environ.get("STRICT") == "true" else []
    ran = _deployer(environ, "check", "--format", "github", *strict)
    lines = ran.out.splitlines()
    print("\n".join(line for line in lines if ANNOTATION.match(line)), flush=True)
    quote("\n".join(line for line in lines if not ANNOTATION.match(line)))
    quote(ran.err)
    found = _deployer(environ, "check", "--format", "json", *strict)
    (folder / "findings.json").write_text(found.out, encoding="utf-8")
    return ran


def _compare(environ: Mapping[str, str], folder: Path, base: str, checked: Ran) -> int:
    fork = environ.get("FORK_COMMIT", "")
    since = ["--base", base, *(["--head", fork] if fork else [])]
    compared = _deployer(environ, "diff", *since, "--format", "json")
    shown = _deployer(environ, "diff", *since, "--format", "markdown")
    value = _compared(compared)
    failed = value is None or shown.code >= WRONG_USAGE
    # What is wrong with a profile has been annotated already; what was not compared has not.
    lines = shown.err.splitlines(keepends=True)
    quote("".join(line for line in lines if fork or failed or line.startswith("note: ")))
    if value is None or failed:
        say(environ, changed="false")
        return checked.code or compared.code or shown.code or 1
    (folder / "diff.json").write_text(compared.out, encoding="utf-8")
    code = checked.code
    if code == WRONG_USAGE and _all_deleted(value):
        print("Every profile was deleted, so there was none to check.")
        code = 0
    head = fork or ((event(environ).get("pull_request") or {}).get("head") or {}).get("sha", "")
    digest = write(folder, Result(value["changed"] is True, code, head), shown.out)
    say(
        environ,
        changed=str(value["changed"] is True).lower(),
        markdown=str(folder / "diff.md"),
        result=str(folder),
        digest=digest,
    )
    if value["changed"]:
        with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
            summary.write(shown.out)
    return code


def _compared(ran: Ran) -> dict[str, Any] | None:
    """Give what was compared; None where nothing was, such as for a repository that is broken.

    The exit code alone does not tell: it is 1 for a profile that is not right, too.
    """
    try:
        value = json.loads(ran.out)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "changed" in value else None


def _all_deleted(compared: dict[str, list[dict[str, str]]]) -> bool:
    states = {profile["status"] for profile in compared["profiles"]}
    return states == {"deleted"}


def _deployer(environ: Mapping[str, str], *words: str) -> Ran:
    patterns = environ.get("PROFILES", "").split()
    ran = subprocess.run(
        [sys.executable, "-I", "-m", "deployer", *words, "--", *patterns],
        cwd=environ["GITHUB_WORKSPACE"],
        env=environment(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=SECONDS,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)
