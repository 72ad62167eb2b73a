"""Before an apply on Modal: key, secret and proxy token, made where they are missing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deployer.cli.say import ask, can_ask, tell

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.apply.modal.client import Account
    from deployer.release import Release


def make_what_is_missing(account: Account, release: Release, *, yes: bool, settled: bool) -> None:
    """Offer to make the secret of the API key and the proxy token; does nothing where they are.

    ``yes`` agrees to it; ``settled`` says that the key's variable was agreed to. A key is shown
    once, at a terminal; a file that is only yours keeps it. Where nobody agrees it is left as it
    is, and whoever needs it says what is missing.
    """
    from deployer.apply.modal.proxy_token import find_token  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.secrets import holding, make_key, make_token  # noqa: PLC0415 - as above

    parameters = release.modal
    if parameters is None:
        return
    name, variable = parameters.api_key_secret, release.listen.api_key_variable
    if name and variable and holding(account, name) is None:
        question = f"There is no secret `{name}` on Modal. Make it, with the server's API key?"
        if yes or (can_ask() and ask(question)):
            key, path = make_key(account, release, settled=settled)
            _tell_key(name, key, path)
    if parameters.proxied and find_token(parameters.environment) is None:
        question = "Modal will ask for a proxy token, and none is here. Make one?"
        if yes or (can_ask() and ask(question)):
            token = make_token(release)
            tell(f"A proxy token is made, and kept in {token.where} (`id` and `secret`).")


def _tell_key(name: str, key: str, path: Path) -> None:
    """Show a key once, where a person sees it and no log keeps it; else name its file."""
    tell(f"The secret `{name}` is made. Its key is kept in {path}, which only you can read.")
    if at_a_terminal():
        tell(f"It is shown this once: {key}")


def at_a_terminal() -> bool:
    """Whether a person sees what is said, and no file keeps it."""
    return can_ask() and sys.stderr is not None and sys.stderr.isatty()
