"""Two profiles that keep different weights in one folder of one volume.

Why it hurts: the download of the second writes over the files of the first. Containers of the first
that start afterwards find the other's weights there, or a mixture of both.

Instead of ``-`` write ``+``::

      # profiles/one.yaml
      name: one
      model:
        repo: zai-org/GLM-5.1-FP8
        revision: 0123456789abcdef0123456789abcdef01234567
    -   path: /model-cache/glm
      modal:
        app: one
        weights:
          volume: weights
          path: /model-cache
      ---
      # profiles/other.yaml
      name: other
      model:
        repo: zai-org/GLM-5.1-FP8
        revision: 89abcdef0123456789abcdef0123456789abcdef
    -   path: /model-cache/glm
      modal:
        app: other
        weights:
          volume: weights
          path: /model-cache

Sharing a volume is right, and so is sharing a folder for the same revision: it is downloaded once.
Without `model.path` each commit has a folder of its own.

Source: ``deployer/serve/weights/download.py``: files are written where the release says; Modal's
guide on volumes, last write wins: https://modal.com/docs/guide/volumes
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.across.identity import Identity
from deployer.check.across.rule import Across
from deployer.check.rule import Problem
from deployer.finding import Severity
from deployer.visible import visible


def find(own: Identity, other: Identity) -> Iterator[Problem]:
    """Compare the folders on the volume, and what is to lie in them."""
    if own.weights == other.weights:
        return
    if own.environment and other.environment and own.environment != other.environment:
        return
    repo, revision = other.weights
    yield Problem(
        ("model", "path"),
        f"`{own.folder}` on the volume `{own.volume}` is where "
        f"{visible(other.file)} keeps its weights, and those are {repo} at {revision}",
        "leave `model.path` out, so that each commit has a folder of its own",
    )


RULE = Across(
    "weights-folder-shared",
    Severity.ERROR,
    lambda one: (one.volume, one.folder) if one.volume and one.folder else None,
    find,
    link="https://modal.com/docs/guide/volumes",
)
