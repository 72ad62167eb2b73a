"""An endpoint on the internet serves everyone.

Why it hurts: whoever finds the address uses GPUs at your expense.

Instead of::

    target: modal
    serving:
      api_key_env: null

Write::

    target: modal
    serving:
      api_key_env: API_KEY

Source: Modal guide, web endpoints: a web_server is public unless it requires proxy authentication.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.finding import Severity
from deployer.profile.model import Profile


def find(profile: Profile) -> Iterator[Problem]:
    """Look for a Modal target without a key."""
    if profile.target == "modal" and profile.serving.api_key_env is None:
        yield Problem(
            ("serving", "api_key_env"),
            "the endpoint is public and asks for no key",
            "name the variable that holds one: `api_key_env: API_KEY`",
        )


RULE = Rule(
    "public-without-key", Severity.WARNING, find, link="https://modal.com/docs/guide/webhooks"
)
