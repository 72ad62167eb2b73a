"""An endpoint on the internet, or on a laptop's network, serves everyone.

Why it hurts: whoever finds the address uses GPUs at your expense; a server of
your own machine on `0.0.0.0` answers everybody in the same café.

Instead of ``-`` write ``+``::

      target: modal
      serving:
    -   api_key_env: null
    +   api_key_env: API_KEY

Source: Modal guide, web endpoints: a web_server is public unless it requires proxy authentication.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.checks.host_out_of_reach import LOOPBACK
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a server without a key that others than this machine reach."""
    if case.profile.serving.api_key_env is not None:
        return
    if case.profile.target == "modal":
        if case.profile.modal is not None and case.profile.modal.auth == "proxy":
            return
        yield Problem(
            ("serving", "api_key_env"),
            "the server asks for no key",
            "name the variable that holds one: `api_key_env: API_KEY`; or write "
            "`modal.auth: proxy`, and Modal asks for a token of its own",
        )
    elif case.profile.serving.host not in LOOPBACK:
        yield Problem(
            ("serving", "api_key_env"),
            f"on {case.profile.serving.host} every machine of the network reaches the server, and "
            "it asks for no key",
            "take `api_key_env` out for a key, or write `host: 127.0.0.1` for this machine alone",
        )


RULE = Rule(
    "public-without-key", Severity.WARNING, find, link="https://modal.com/docs/guide/webhooks"
)
