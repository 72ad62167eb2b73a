"""Before a variable of yours is sent as a key: is it one that a profile may choose?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from deployer.cli.say import ask, can_ask
from deployer.credentials import key_name
from deployer.errors import UsageError
from deployer.serve.key import refuse_foreign

KEY_ENV = click.option(
    "--key-env",
    metavar="VARIABLE",
    help="Agree that this variable, which the profile names, holds its API key.",
)
"""The option of the verbs that read a key for a profile."""


def key_of(variable: str, given: str, named: str | None = None) -> str:
    """Give the API key from a variable that a profile names; '' where it is not set.

    ``given`` is the profile's path, or its deployment's name, and ``named`` what the user said in
    ``--key-env``. A name that does not say that it is a server's key is agreed to first, once for
    each profile. Raises Failure for another service's variable, UsageError where nobody agrees.
    """
    settle(variable, given, named)
    return os.environ.get(variable, "") if variable else ""


def settle(variable: str, given: str, named: str | None = None) -> None:
    """See to it that a variable may be sent, where it holds anything; see :func:`key_of`."""
    if named is not None and named != variable:
        does = f"takes its key from {variable}" if variable else "asks for no key"
        message = f"--key-env says {named}, and the profile {does}"
        raise UsageError(message, hint="The option agrees to the profile's own variable")
    if not variable:
        return
    refuse_foreign(variable)
    if named is None and key_name(variable) == "unusual" and os.environ.get(variable):
        _ask(variable, given)


def _ask(variable: str, given: str) -> None:
    from deployer.apply.agreements import agree, agreed  # noqa: PLC0415 - for an odd name only

    place = str(Path(given).resolve()) if given.endswith((".yaml", ".yml", ".json")) else given
    if agreed(place, variable, os.environ):
        return
    question = f"{given} wants what {variable} holds as its API key. Is that this server's key?"
    if not can_ask():
        message = f"there is no terminal to ask at: {question}"
        raise UsageError(message, hint=f"`--key-env {variable}` answers it; so does `API_KEY`")
    if not ask(question):
        message = f"what {variable} holds was not sent"
        raise UsageError(message, hint="Name this server's own variable in `serving.api_key_env`")
    agree(place, variable, os.environ)
