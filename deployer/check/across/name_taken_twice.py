"""Two profiles with one name.

Why it hurts: the same name is the same deployment. On this machine, applying the second profile
ends the server of the first. On Modal, `deployer status`, `logs` and `destroy` with that name
cannot tell which of the two is meant.

Instead of ``-`` write ``+``::

      # profiles/small.yaml
    - name: glm
    + name: glm-small
      modal:
        app: glm-small
      ---
      # profiles/large.yaml
    - name: glm
    + name: glm-large
      modal:
        app: glm-large

Source: ``deployer/apply/local/folder.py``: what is known of a deployment lies in a folder of its
name, below https://specifications.freedesktop.org/basedir-spec/latest/ (`XDG_STATE_HOME`).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.across.identity import Identity
from deployer.check.across.rule import Across
from deployer.check.rule import Problem
from deployer.finding import Severity
from deployer.visible import visible


def find(own: Identity, other: Identity) -> Iterator[Problem]:
    """Say what two with one name do to each other."""
    if own.local and other.local:
        happens = "applying either ends the server of the other"
    else:
        happens = "a verb that is given the name cannot tell which is meant"
    yield Problem(
        ("name",),
        f"`{own.name}` is the name of {visible(other.file)}, too: {happens}",
        "give each a name of its own; where the file was moved, delete the old one",
    )


RULE = Across(
    "name-taken-twice",
    Severity.ERROR,
    lambda one: one.name,
    find,
    link="https://specifications.freedesktop.org/basedir-spec/latest/",
)
