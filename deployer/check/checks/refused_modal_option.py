"""This option of Modal's is said otherwise here, or not at all.

Why it hurts: what has a key of its own would be said twice, and one of both would be overruled
without a word; what deployer cannot take would break a server in a way that nobody looks for.

Instead of ``-`` write ``+``::

    + lifecycle:
    +   drain_timeout: 60
    - modal:
    -   options:
    -     exit_grace_period: 60

Source: the table in ``deployer/facts/modal/keywords.py``, which says of each keyword of Modal's
client what is made of it, and why not; the keywords are those of
https://modal.com/docs/reference/modal.App.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.modal.keywords import keyword, said_here
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for options that are no options here."""
    modal = case.profile.modal
    for name in modal.options if modal is not None else ():
        found = keyword(name, modal.endpoint if modal is not None else "")
        if found is None or found.option:
            continue
        what = "is not taken" if found.refused else "has a key of its own"
        yield Problem(("modal", "options", name), f"Modal's `{name}` {what}", said_here(name))


RULE = Rule("refused-modal-option", Severity.ERROR, find)
