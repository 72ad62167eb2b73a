"""``/health`` says 200, and means it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.verify.trouble import refusal

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

NO_SUCH_PAGE = "/deployer-verify-no-such-page"


def ask(context: Context, check: Check) -> Verdict:
    """Ask for the health, and for a page that cannot exist.

    SGLang's healthy answer has an empty body, so that 200 alone would also be said by a server
    that says it to everything. The engine generates a token for each call: it takes 1 s at least.
    """
    key = context.endpoint.api_key
    health = context.get("/health", api_key=key)
    if health.status_code != HTTPStatus.OK:
        raise refusal(context.endpoint, "GET /health", health.status_code, health.text)
    missing = context.get(NO_SUCH_PAGE, api_key=key).status_code
    check.that(
        HTTPStatus.BAD_REQUEST <= missing < HTTPStatus.INTERNAL_SERVER_ERROR,
        f"/health says 200, and a page that does not exist {missing}",
        otherwise=f"/health says 200, but a page that cannot exist says {missing}",
        hint="something other than the engine seems to answer at this URL",
    )
    return check.passed()
