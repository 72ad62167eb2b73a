"""The engine expects an API key, and no Modal secret brings it.

Why it hurts: the container has nothing to protect the endpoint with, and refuses to start.

Instead of::

    serving:
      api_key_env: API_KEY
    modal:
      api_key_secret: null

Write::

    serving:
      api_key_env: API_KEY
    modal:
      api_key_secret: glm-api-key

Source: the runtime in ``deployer/serve`` takes the key from the environment only.
https://modal.com/docs/guide/secrets
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a key variable without a secret, and for a secret without a variable."""
    if case.profile.modal is None:
        return
    variable, secret = case.profile.serving.api_key_env, case.profile.modal.api_key_secret
    if variable is not None and secret is None:
        yield Problem(
            ("modal",),
            f"`serving.api_key_env` is {variable}, and no secret brings that variable",
            "set `modal.api_key_secret` to the Modal secret that holds it",
        )
    if variable is None and secret is not None:
        yield Problem(
            ("modal", "api_key_secret"),
            "there is a secret with the API key, and `serving.api_key_env` is null",
            "name the variable in `serving.api_key_env`, or take the secret out",
        )


RULE = Rule("api-key-without-secret", Severity.ERROR, find)
