"""The account that a verb asks: its own, or one that asks each thing once, for all profiles.

Modal's client is imported only where somebody is asked.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deployer.apply.modal.token import is_surely_missing
from deployer.apply.unseen import token_missing
from deployer.extras import lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.listing import Listing

_looks: list[dict[str, Account]] = []


def account(environment: str = "") -> Account:
    """Connect to an environment of Modal, '' for the one that is configured.

    Raises NotAsked without a token, NotReached where nobody answers.
    """
    if not _looks:
        from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal

        return Account(environment)
    from deployer.apply.modal.look import Look  # noqa: PLC0415 - imports modal

    shared = _looks[-1]
    if environment not in shared:
        shared[environment] = Look(environment)
    return shared[environment]


@contextmanager
def one_look() -> Iterator[None]:
    """Let the block ask each thing once; whoever changes something does that by another account.

    See :meth:`deployer.apply.modal.client.Account.anew`.
    """
    _looks.append({})
    try:
        yield
    finally:
        _looks.pop()


def ask_modal() -> tuple[Account, Listing]:
    """List the apps of every environment. Raises NotAsked, NotReached, or another Failure."""
    refuse_no_token()
    from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.listing import list_apps  # noqa: PLC0415 - as above

    everywhere = Account()
    return everywhere, list_apps(everywhere)


def refuse_no_token() -> None:
    """Raise NotAsked before the client is imported, where there is none or can be no token."""
    if lacking("modal") is not None or is_surely_missing(os.environ):
        raise token_missing()
