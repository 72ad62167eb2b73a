"""What is said of profiles beside the one that is checked (:mod:`deployer.check.run`)."""

from __future__ import annotations

from deployer.check.reading.told import Told
from deployer.finding import Severity

TOLD = (
    Told(
        "sibling-not-read",
        """Another profile of the repository could not be read, so it was not compared with.

        Why it hurts: whether it takes the same app, name or port is not known; nothing else is
        said of it here.

        Instead of ``-`` write ``+``::

              # profiles/glm.yaml
              name: glm
              ---
              # profiles/other.yaml
            - name: "other
            + name: other

        Source: ``deployer/check/across/identity.py``.
        """,
        Severity.NOTE,
    ),
)
"""By their ids, in order."""
