"""The engine expects an API key, and no Modal secret brings it.

Why it hurts: the container has nothing to protect the endpoint with, and refuses to start.

Instead of ``-`` write ``+``::

      serving:
        api_key_env: API_KEY
      modal:
    -   api_key_secret: null
    +   api_key_secret: glm-api-key

Source: the runtime in ``deployer/serve`` takes the key from the environment only.
https://modal.com/docs/guide/secrets
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.model import Profile


def find(case: Case) -> Iterator[Problem]:
    """Look for a key variable without a secret, and for a secret without a variable."""
    if case.profile.modal is None:
        return
    variable, secret = case.profile.serving.api_key_env, case.profile.modal.api_key_secret
    if case.profile.modal.auth == "proxy":
        yield from _asked_for_by_nobody(case.profile)
        return
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


def _asked_for_by_nobody(profile: Profile) -> Iterator[Problem]:
    """Look for a key that is stated all the same where Modal's proxy alone lets people in."""
    stated = "api_key_env" in profile.serving.model_fields_set
    if stated and profile.serving.api_key_env is not None:
        yield Problem(
            ("serving", "api_key_env"),
            "with `modal.auth: proxy` nobody is asked for an API key, and one is named",
            "write `auth: both` for the key and the proxy token, or take the variable out",
        )
    if profile.modal is not None and profile.modal.api_key_secret is not None:
        yield Problem(
            ("modal", "api_key_secret"),
            "with `modal.auth: proxy` nobody is asked for an API key, and its secret is named",
            "write `auth: both` for the key and the proxy token, or take the secret out",
        )


RULE = Rule("api-key-without-secret", Severity.ERROR, find)
