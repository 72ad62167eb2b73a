"""A `server` gets no address of one's own.

Why it hurts: Modal takes a label and domains for a `web_server` only. With a `server` they would be
left out, and clients would look for it in vain.

Instead of ``-`` write ``+``::

      modal:
    -   endpoint: server
    +   endpoint: web_server
        custom_domains: [llm.example.com]

Source: Modal client 1.6.4: ``web_server`` has `label` and `custom_domains`, ``App.server`` has
neither.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for what makes an address, where none is made of it."""
    modal = case.profile.modal
    if modal is None or modal.endpoint != "server":
        return
    for name, stated in (("label", modal.label), ("custom_domains", modal.custom_domains)):
        if stated:
            yield Problem(
                ("modal", name),
                f"Modal takes no `{name}` for a `server`",
                "write `endpoint: web_server`, or take it out",
            )


RULE = Rule(
    "address-of-a-server",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/guide/webhook-urls",
)
