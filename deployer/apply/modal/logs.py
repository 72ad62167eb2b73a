"""The log of a Modal deployment: what its containers wrote, newest last."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import modal

from deployer.apply.modal.history import existing
from deployer.apply.modal.rpc import told
from deployer.credentials import HUB_TOKENS
from deployer.errors import Failure
from deployer.serve.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployer.apply.modal.client import Account

SECRETS = ("API_KEY", *HUB_TOKENS, "MODAL_TOKEN_SECRET")
"""Variables of this machine whose values are shown in no log. The container redacts by itself; this
is for a log of before it did."""


def logs(
    account: Account,
    app_name: str,
    *,
    follow: bool,
    lines: int,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[str]:
    """Give the last lines, and with ``follow`` those that come.

    Raises NotThere for no app, Failure for one that has ended: nothing is not what it said.
    """
    app = existing(account, app_name)
    if app.state != "deployed":
        message = f"the app `{app_name}` is {app.state}, so its log is not to be had here"
        raise Failure(message, hint=f"`modal app logs {app.id}` shows what Modal has kept of it")
    redact = Redactor(environ.get(name, "") for name in SECRETS)
    text = _tail(account, app_name, lines) if lines else ""
    yield from map(redact.text, text.splitlines()[-lines:] if lines else ())
    if follow:
        for line in account.logs(app.id, lambda: False):
            if line is not None:
                yield redact.text(line.text)


def _tail(account: Account, app_name: str, lines: int) -> str:
    """Ask for the end of a log; what is followed after it has no end, but this answer has."""

    async def ask() -> str:
        app = await modal.App.lookup.aio(app_name, environment_name=account.environment or None)
        return "".join([entry.message async for entry in app.logs.tail.aio(lines)])

    return told("the end of the log", ask)
