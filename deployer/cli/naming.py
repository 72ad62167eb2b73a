"""A deployment is named by its name, or by the profile that it was made from."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deployer.errors import Failure


def deployment_name(given: str) -> str:
    """Give the name behind a name or a profile's path."""
    if not given.endswith((".yaml", ".yml")):
        return given
    from deployer.cli.reading import read_checked  # noqa: PLC0415 - only for a path

    profile = read_checked(given).profile
    if profile is None:
        msg = f"{given} is not right, so it names nothing"
        raise Failure(msg, hint="Give the deployment's name; `deployer status` lists them.")
    return profile.name


def program() -> str:
    """Give the words that call this program again: its path where PATH does not lead to it."""
    called = Path(sys.argv[0])
    if called.name == "deployer" and shutil.which("deployer") is None:
        return str(called)
    return "deployer"
