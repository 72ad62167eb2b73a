"""What is said of a deployment that was not seen: not asked, not reached, and not there.

These are three answers, and the first two say nothing about what runs, and costs. Every verb of
every target takes its words from here.
"""

from __future__ import annotations

from deployer.errors import DeployerError, NotAsked, NotReached, NotThere
from deployer.extras import lacking

NO_TOKEN = "there is no Modal token on this machine"  # noqa: S105 - words about one
OFFLINE = "--offline was given"
GET_TOKEN = "`modal token new` makes one; in CI, set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET"  # noqa: S105
GOES_ON = "what runs on Modal goes on, and costs, whether it is reached or not"


def not_asked_words(why: str) -> str:
    """Say that Modal was not asked."""
    return f"Modal was not asked: {why}"


def nothing_to_ask_words(why: str) -> str:
    """Say that Modal was not asked, and that nobody here ever deployed anything there."""
    return f"There was nothing to ask Modal: {why}, and none of its deployments is on record here"


def not_reached_words(failure: DeployerError) -> str:
    """Say that Modal was asked and gave no answer, or one that does not tell."""
    if isinstance(failure, NotReached):
        return f"Modal gave no answer: {failure.message}"
    return f"Modal does not tell: {failure.message}"


def not_there_words(asked: str) -> str:
    """Say that Modal was asked and knows no such app; ``asked`` names where."""
    return f"Modal was asked, and has no such app in {asked}"


def asked_words(environments: tuple[str, ...], unlisted: str = "") -> str:
    """Name where Modal was asked; ``unlisted`` is why there may be other environments."""
    named = [name or "the default environment" for name in environments]
    known = f"; whether there are others is not known: {unlisted}" if unlisted else ""
    if len(named) == 1:
        return f"{named[0] if not environments[0] else f'the environment {named[0]}'}{known}"
    return f"the environments {', '.join(named)}{known}"


def token_missing() -> NotAsked:
    """Refuse to ask Modal without a token, or without Modal's client, which reads it."""
    client = lacking("modal")
    if client is not None:
        return NotAsked(client.message, hint=client.hint)
    return NotAsked(NO_TOKEN, hint=GET_TOKEN)


def nobody_knows(name: str, why: DeployerError) -> NotAsked | NotReached:
    """Say that it cannot be told whether there is a deployment of this name.

    ``why`` is what kept us from asking Modal.
    """
    known = (
        f"it is not known whether there is a deployment named `{name}`: "
        "it is not on record on this machine"
    )
    if isinstance(why, NotAsked):
        return NotAsked(f"{known}, and {not_asked_words(why.message)}", hint=why.hint)
    return NotReached(f"{known}, and {not_reached_words(why)}", hint=why.hint or GOES_ON)


def not_there(name: str, where: str, *, hint: str = "") -> NotThere:
    """Say that everybody was asked and there is no deployment of this name."""
    return NotThere(f"there is no deployment named `{name}` {where}", hint=hint)
