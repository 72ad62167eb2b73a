"""A draft model or an adapter is named by a folder of the weights volume.

Why it hurts: only what is named by its repository is downloaded. Somebody has to fill the folder by
hand, in each environment and after each change, and the first to know that it is empty are GPUs
that have loaded the model already.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3-32B
      speculative:
        algorithm: EAGLE3
        num_steps: 3
        eagle_topk: 1
    -   draft_model: /w/Qwen3-32B-EAGLE3
    +   draft_model: AngelSlim/Qwen3-32B_eagle3

Source: ``deployer/serve/weights/download.py``: what a release names with a repository is fetched
and proven; ``deployer/apply/modal/app.py``: the server sees the volume read-only.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import folders
from deployer.finding import Severity
from deployer.profile.partial import known


def find(case: Case) -> Iterator[Problem]:
    """Look for folders on the weights volume that no download fills."""
    modal = case.profile.modal
    if modal is None or case.profile.target != "modal":
        return
    for key, folder in known(lambda: tuple(folders(case.profile))) or ():
        if folder.startswith(f"{modal.weights.path}/"):
            yield Problem(
                key,
                f"nothing is downloaded into {folder}: somebody must have filled it",
                "name the repository, `OWNER/NAME`, and it is downloaded beside the model",
            )


RULE = Rule(
    "folder-nobody-fills", Severity.WARNING, find, link="https://modal.com/docs/guide/volumes"
)
