"""More containers download at a time than the volume bears.

Why it hurts: a Modal volume of version 1 bears about five writers; more of them hold each other up,
and commits of one may fail.

Instead of ``-`` write ``+``::

      modal:
        weights:
          volume: w
          path: /models
    +     version: 2
        download:
          containers: 16

Source: Modal guide, volumes: at most five concurrent writers, hundreds with version 2 (beta).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sizes import WRITERS
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the containers with what the volume's version bears."""
    modal = case.profile.modal
    if modal is None or modal.download.containers is None:
        return
    version = modal.weights.version or 1
    if modal.download.containers > WRITERS[version]:
        yield Problem(
            ("modal", "download", "containers"),
            f"{modal.download.containers} containers write into a volume of version {version}",
            f"write at most {WRITERS[version]}, or choose `modal.weights.version: 2`, which is "
            "beta; a volume that is there keeps its version",
        )


RULE = Rule(
    "writers-beyond-volume",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/volumes",
)
