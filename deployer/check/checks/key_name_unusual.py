"""Nothing in a name says that it is that of this server's API key.

Why it hurts: what the variable holds is sent to the server, and a Modal secret's variables are all
given to its container. A name of another service, or one that says nothing, is how a profile gets
at a credential that is not meant for it. `apply` and `verify` ask before they use such a variable.

Instead of ``-`` write ``+``::

      serving:
    -   api_key_env: STAGE_PASS
    +   api_key_env: API_KEY

Source: the names in ``deployer/credentials.py``. Modal gives every variable of a secret to the
container: https://modal.com/docs/guide/secrets
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.credentials import key_name, service_of
from deployer.finding import Severity
from deployer.late import compile_pattern

OF_A_SERVICE = compile_pattern(
    r"(my[-_])?(?P<service>[A-Za-z0-9]+)[-_](secrets?|credentials?|creds|token)"
)
"""How Modal's templates call secrets, `aws-secret` and `my-huggingface-secret`, and people do."""


def find(case: Case) -> Iterator[Problem]:
    """Look at the name of the key's variable, and at that of the secret that brings it."""
    variable = case.profile.serving.api_key_env
    if variable is not None and key_name(variable) == "unusual":
        yield Problem(
            ("serving", "api_key_env"),
            f"nothing in `{variable}` says that it holds this server's API key",
            "call it `API_KEY`, or something like `SGLANG_API_KEY` or `SERVER_KEY`",
        )
    secret = case.profile.modal.api_key_secret if case.profile.modal is not None else None
    named = OF_A_SERVICE.fullmatch(secret or "")
    if named is not None and (service := service_of(named["service"])):
        yield Problem(
            ("modal", "api_key_secret"),
            f"`{secret}` sounds like a secret of {service}; all of it goes to the container",
            "make a secret that holds this server's API key alone",
        )


RULE = Rule("key-name-unusual", Severity.WARNING, find)
