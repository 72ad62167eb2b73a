"""The account that a verb asks: its own, or one that asks each thing once, for all profiles."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.modal.client import Account

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
