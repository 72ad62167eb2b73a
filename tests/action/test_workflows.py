"""The workflows and actions as an auditor reads them, and as this repository promises them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .runner import ROOT, read

pytestmark = pytest.mark.process

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = [ROOT / name / "action.yml" for name in ("", "check", "comment")]
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}|\$/\w+")


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def test_an_auditor_finds_nothing() -> None:
    """zizmor, offline: without its checks that ask GitHub."""
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("zizmor"),
            "--offline",
            "--persona",
            "auditor",
            "--no-progress",
            *(ROOT / ".github").glob("workflows/*.yml"),
            *ACTIONS,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda p: str(p.relative_to(ROOT)))
def test_every_use_is_pinned_to_a_commit(path: Path) -> None:
    used = re.findall(r"uses: *(\S+)", path.read_text(encoding="utf-8"))
    stated = [use for use in used if not use.startswith("OWNER/")]

    assert [use for use in stated if not PINNED.fullmatch(use)] == []


def test_the_job_that_reads_has_no_token_that_writes_and_the_other_reads_no_checkout() -> None:
    found = jobs(ROOT / ".github" / "workflows" / "deployer.yml")

    assert found["check"]["permissions"] == {"contents": "read", "pull-requests": "read"}
    assert found["comment"]["permissions"] == {"pull-requests": "write"}
    assert "checkout" not in str(found["comment"]["steps"])
    (downloaded,) = [step for step in found["comment"]["steps"] if "download" in step["uses"]]
    assert downloaded["with"]["artifact-ids"] == "${{ needs.check.outputs.artifact }}"


def test_the_action_of_the_root_is_the_action_check() -> None:
    root, check = read(""), read("check")

    (step,) = root["runs"]["steps"]
    assert step["uses"] == "$/check"
    assert step["with"] == {name: f"${{{{ inputs.{name} }}}}" for name in check["inputs"]}
    defaults = {name: given["default"] for name, given in check["inputs"].items()}
    assert {name: given["default"] for name, given in root["inputs"].items()} == defaults
    assert root["outputs"].keys() == check["outputs"].keys()
