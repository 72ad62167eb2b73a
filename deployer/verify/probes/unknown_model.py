"""A model that is not served is not answered for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.asking import answered
from deployer.verify.check import Broken

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

CHAT = "/v1/chat/completions"
NOBODY = "deployer-verify-no-such-model"
BY_DESIGN = "the engine answers under any model's name: SGLang to 0.5.23 promises no refusal"
"""Where no door is promised, which refuses."""


def ask(context: Context, check: Check) -> Verdict:
    """Ask a model that cannot be there."""
    answered(context, prompts.HELLO, max_tokens=1)  # who refuses everything keeps no promise
    body: dict[str, object] = {
        "model": NOBODY,
        "messages": [{"role": "user", "content": prompts.HELLO}],
        "max_tokens": 1,
    }
    status = context.post(CHAT, body, api_key=context.endpoint.api_key).status_code
    if status == HTTPStatus.OK and not context.endpoint.bounded:
        return check.skipped(BY_DESIGN)
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        msg = f"a model that is not served gets {status}, not a 4xx"
        raise Broken(msg)
    check.that(status != HTTPStatus.OK, f"an unknown model gets {status}", otherwise="answered")
    return check.passed()
