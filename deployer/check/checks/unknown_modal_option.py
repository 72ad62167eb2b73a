"""Modal's client does not know this option.

Why it hurts: the deployment ends with an error of the client's, after the download of the weights
was paid for.

Instead of ``-`` write ``+``::

      modal:
        options:
    -     i6pn_enabled: true
    +     i6pn: true

Source: the signatures of ``App.cls``, ``web_server`` and ``App.server`` of the oldest and the
newest client that deployer takes (``deployer/facts/modal/signatures.json``).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.modal.keywords import SERVERS, keyword
from deployer.facts.modal.signatures import kinds, signatures
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for options that some client of the range does not take for this endpoint."""
    modal = case.profile.modal
    for name in modal.options if modal is not None else ():
        endpoint = modal.endpoint if modal is not None else ""
        found = keyword(name, endpoint)
        called = SERVERS[endpoint]
        if found is not None and not found.option:
            continue  # another check says what is written instead
        if kinds(called, name) is None:
            releases = " and ".join(signatures())
            yield Problem(
                ("modal", "options", name),
                f"the clients of Modal ({releases}) do not all take `{name}` for a `{endpoint}`",
                _hint(name, endpoint),
            )


def _hint(name: str, endpoint: str) -> str:
    other = next(each for each in SERVERS if each != endpoint)
    if kinds(SERVERS[other], name) is not None:
        return f"it is one of `endpoint: {other}`"
    called = SERVERS[endpoint]
    taken = [one for each in called for one in next(iter(signatures().values()))[each]]
    options = [one for one in taken if (known := keyword(one, endpoint)) and known.option]
    import difflib  # noqa: PLC0415 - only for a mistake

    near = difflib.get_close_matches(name, taken, n=1)
    return f"did you mean `{near[0]}`?" if near else f"options are {', '.join(sorted(options))}"


RULE = Rule(
    "unknown-modal-option",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/reference/modal.App",
)
