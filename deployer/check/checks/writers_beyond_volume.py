"""More containers download at a time than the volume bears.

Why it hurts: Modal advises at most five writers of a volume of version 1, and deployer takes four
of them to download. What becomes of the commits of more is not documented; a shard whose commit
fails ends the download.

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
        stated = "" if modal.weights.version else ", which a new one is where none is stated"
        yield Problem(
            ("modal", "download", "containers"),
            f"{modal.download.containers} containers write into a volume of version "
            f"{version}{stated}: at most {WRITERS[version]} may",
            f"write `modal.download.containers: {WRITERS[version]}`, or choose "
            "`modal.weights.version: 2`, which is beta; a volume that is there keeps its version, "
            "so that needs one of another name",
        )


RULE = Rule(
    "writers-beyond-volume",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/guide/volumes",
)
