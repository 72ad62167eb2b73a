"""What a verb needs beyond the packages that every installation of deployer has."""

from __future__ import annotations

from importlib.util import find_spec

from deployer.errors import Failure

EXTRAS = {"modal": "modal", "openai": "verify", "aiohttp": "local", "huggingface_hub": "hub"}
"""Each package that `pyproject.toml` declares as an extra, and the extra that brings it."""


def need(*packages: str) -> None:
    """Raise Failure where one of ``packages`` is not installed: before anything is begun."""
    for package in packages:
        missing = lacking(package)
        if missing is not None:
            raise missing


def absent(error: ModuleNotFoundError) -> Failure | None:
    """Give the words for a module that is missing because its extra is not installed."""
    package = (error.name or "").partition(".")[0]
    return lacking(package) if package in EXTRAS else None


def lacking(package: str) -> Failure | None:
    """Give the words for a package that is not installed, with how it gets here."""
    if find_spec(package) is not None:
        return None
    return Failure(
        f"the package `{package.replace('_', '-')}` is not installed",
        hint=f"`pip install '.[{EXTRAS[package]}]'` in a checkout of deployer brings it,"
        " `'.[all]'` all that any verb needs",
    )
