"""A body of any size is refused before it is read."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from deployer.verify.check import Unseen
from deployer.verify.probes.models import listed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

CHAT = "/v1/chat/completions"
CLAIMED = 1 << 40
"""Bytes that a body is said to have; none of them is sent."""

PATIENCE = 20.0
"""Seconds: who decides by the size that is announced decides at once."""


def ask(context: Context, check: Check) -> Verdict:
    """Announce a body of a tebibyte, and send nothing of it."""
    if not context.endpoint.bounded:
        return check.skipped("no bound of a request's body is promised")
    listed(context)  # who refuses everything keeps no promise
    try:
        status = context.announce(CHAT, CLAIMED, min(PATIENCE, context.timeout))
    except (requests.Timeout, requests.ConnectionError):
        msg = "a body of 1 TiB was announced, and no answer came: something waits for the body"
        raise Unseen(
            msg, hint="what stands in front may read bodies before it hands them on"
        ) from None
    check.that(
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR,
        f"a body of 1 TiB is refused unread: {status}",
        otherwise=f"an announced body of 1 TiB gets {status}, not a 4xx",
    )
    return check.passed()
