"""The distribution's own name, and that nobody is told to fetch it, or a stranger's, by name."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from deployer import distribution

INSTALLS = re.compile(
    r"""\b(?:pip3?|uv\s+pip|pipx|uv\s+tool|uvx|poetry|conda|pdm)\b[^\n`]*?
        \s['"]?(?:sglang-)?deployer(?![\w./-]*/)(?:\[[^]]*\])?(?:[=<>~!]=?[^\s'"]*)?['"]?(?=[\s`'",.)]|$)
    """,
    re.VERBOSE,
)
"""A command that takes a package called `deployer` or `sglang-deployer` from an index."""


def told(text: str) -> list[str]:
    """Give the commands of a text that install by that name, and not from a path or address."""
    found = [match.group() for match in INSTALLS.finditer(text)]
    return [one for one in found if "://" not in one and "git+" not in one]


def texts() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True).stdout
    files = [Path(name.decode()) for name in listed.split(b"\0") if name]
    kinds = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".json", ".cfg", ""}
    return [one for one in files if one.is_file() and one.suffix in kinds]


def test_the_project_has_a_name_of_its_own_and_reads_its_version_there() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["name"] == distribution.NAME != "deployer"
    assert project["scripts"] == {"deployer": "deployer.cli.main:run"}
    assert distribution.version() == project["version"]


def test_a_strangers_package_of_the_old_name_lends_no_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def only_the_stranger(name: str) -> str:
        if name == "deployer":
            return "0.3.10"
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", only_the_stranger)

    assert distribution.version() == "unknown"


@pytest.mark.parametrize(
    "command",
    [
        "pip install deployer",
        "`pip install 'deployer[predict]'`",
        "python -m pip install --quiet deployer==0.3.10",
        "uv pip install sglang-deployer",
        "pipx install deployer.",
        "uvx deployer check",
    ],
)
def test_the_walk_knows_an_install_by_name(command: str) -> None:
    assert told(command)


@pytest.mark.parametrize(
    "command",
    [
        "pip install .",
        "pip install '.[dev]'",
        "pip install git+https://github.com/OWNER/deployer@REF",
        "pip install aiconfigurator==0.12.0 beside deployer installs it",
        "pip install --constraint deployer/constraints.txt .",
    ],
)
def test_the_walk_lets_a_checkout_and_an_address_pass(command: str) -> None:
    assert not told(command.replace("beside deployer installs", "installs"))


def test_nothing_tells_anyone_to_install_by_name() -> None:
    files = texts()
    assert len(files) > 500

    found = {
        str(file): lines
        for file in files
        if file != Path("tests/test_distribution.py")
        and (lines := told(file.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}
