"""An option of Modal's has a value of the wrong kind.

Why it hurts: Modal's client is not strict. A text where it wants a number is found out when the app
is deployed, after the download of the weights was paid for, or never.

Instead of ``-`` write ``+``::

      modal:
        endpoint: server
        options:
    -     scaleup_window: "60"
    +     scaleup_window: 60

Source: the annotations of the client's own functions (``deployer/facts/modal/signatures.json``).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.modal.keywords import SERVERS, keyword
from deployer.facts.modal.signatures import fits, kinds
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Hold each option to the kinds that the client takes."""
    modal = case.profile.modal
    if modal is None:
        return
    for name, value in modal.options.items():
        found = keyword(name, modal.endpoint)
        kind = kinds(SERVERS[modal.endpoint], name)
        if found is None or not found.option or kind is None or fits(value, kind):
            continue
        yield Problem(
            ("modal", "options", name),
            f"Modal's client takes {kind.replace(' | ', ' or ')} for `{name}`",
            f"write a value of {'one of these kinds' if ' | ' in kind else 'that kind'}",
        )


RULE = Rule(
    "mistyped-modal-option",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/reference/modal.App",
)
