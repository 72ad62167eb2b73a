"""The API key is to be taken from a variable that holds another service's credential.

Why it hurts: what the variable holds is sent as the key, to the server and to whoever answers at
its address. A profile names the key of its own server, and nothing else of yours.

Instead of ``-`` write ``+``::

      serving:
    -   api_key_env: AWS_SECRET_ACCESS_KEY
    +   api_key_env: API_KEY

Source: the first words that services and tools give to their variables, in
``deployer/credentials.py``. AWS:
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.credentials import key_name, service_of
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look at the name of the key's variable."""
    variable = case.profile.serving.api_key_env
    if variable is not None and key_name(variable) == "denied":
        yield Problem(
            ("serving", "api_key_env"),
            f"`{variable}` is a variable of {service_of(variable)}, which would be sent as the key",
            "name a variable of this server's own: `api_key_env: API_KEY`",
        )


RULE = Rule("key-of-another-service", Severity.ERROR, find, firm=True)
