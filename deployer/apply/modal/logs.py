"""The log of a Modal deployment: what its containers wrote, newest last."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import modal

from deployer.apply.modal.history import existing
from deployer.apply.modal.words import in_words
from deployer.errors import Failure
from deployer.serve.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployer.apply.modal.client import Account

SECRETS = ("API_KEY", "HF_TOKEN", "MODAL_TOKEN_SECRET")
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
    entries = _handle(account, app_name).logs.tail(lines) if lines else ()
    text = "".join(entry.message for entry in _in_words(entries))
    yield from map(redact.text, text.splitlines()[-lines:] if lines else ())
    if follow:
        for _, line in account.logs(app.id, lambda: False):
            yield redact.text(line)


def _handle(account: Account, app_name: str) -> modal.App:
    try:
        return modal.App.lookup(app_name, environment_name=account.environment or None)
    except modal.exception.Error as error:
        raise in_words(error) from error


def _in_words(
    entries: Iterator[modal.types.LogEntry] | tuple[()],
) -> Iterator[modal.types.LogEntry]:
    try:
        yield from entries
    except modal.exception.Error as error:
        raise in_words(error) from error
