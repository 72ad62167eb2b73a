"""The engine loads a folder that is not on the weights volume.

Why it hurts: the download writes to the volume, and the engine looks elsewhere: it ends at once, or
takes the path for a repository and finds itself without a network.

Instead of ``-`` write ``+``::

      model:
    -   path: /models/GLM-5.1-FP8
    +   path: /model-cache/GLM-5.1-FP8
      modal:
        weights:
          volume: weights
          path: /model-cache

Source: ``deployer/apply/modal/app.py``: a container sees the volumes of its profile and its image.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import folders
from deployer.finding import Severity
from deployer.profile.partial import known

MODEL = "leave it out: it follows from `model.repo` and the mount"
BESIDE = "name its repository, and it is downloaded beside the model"


def find(case: Case) -> Iterator[Problem]:
    """Look whether the stated folder is below the mount."""
    modal, path = case.profile.modal, case.profile.model.path
    if modal is None or case.profile.target != "modal":
        return
    named = list(known(lambda: tuple(folders(case.profile))) or ())
    if path is not None:
        named.insert(0, (("model", "path"), path))
    for key, folder in named:
        if not folder.startswith(f"{modal.weights.path}/"):
            yield Problem(
                key,
                f"{folder} is not on the weights volume, which is mounted at {modal.weights.path}",
                MODEL if key == ("model", "path") else BESIDE,
            )


RULE = Rule(
    "weights-outside-volume", Severity.ERROR, find, link="https://modal.com/docs/guide/volumes"
)
