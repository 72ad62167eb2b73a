"""Whom a verb measures: a profile's endpoint, a deployment's, or a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS = (
    click.argument("profile", required=False, metavar="[PROFILE|NAME]", shell_complete=deployments),
    click.option(
        "--url", help="The endpoint's base URL, such as https://host or http://host:8000."
    ),
    click.option("--model", help="The served name; by default the first that /v1/models lists."),
    click.option("--key-env", metavar="VARIABLE", help="The variable that holds the API key."),
)


def whom(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the argument and the options that say whom it asks."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
