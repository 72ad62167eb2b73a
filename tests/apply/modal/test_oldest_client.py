"""The same deployments with the oldest client that `pyproject.toml` allows."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.fakes.modal.interpreters import OLDEST, oldest_client

pytestmark = [pytest.mark.process]


def test_the_deployments_and_the_refusals_on_the_oldest_client() -> None:
    python = str(oldest_client())
    ask = "import modal, pydantic; print(modal.__version__)"
    said = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == OLDEST
    here = Path(__file__).parent
    ran = subprocess.run(
        [
            *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *(str(here / name) for name in ("test_deploy.py", "test_refusals.py")),
            *(str(here / name) for name in ("test_signatures.py", "test_section.py")),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        timeout=500,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]


def test_the_range_is_what_is_tested() -> None:
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    assert f'"modal>={OLDEST},<1.7"' in text
    locked = Path("locks/run.txt").read_text(encoding="utf-8")
    newest = re.search(r"^modal==(\S+) ", locked, re.MULTILINE)
    assert newest
    assert newest[1].startswith("1.6.")
