"""What is said of the lock beside a profile (:mod:`deployer.check.locked`)."""

from __future__ import annotations

from deployer.check.reading.told import Told
from deployer.finding import Severity

TOLD = (
    Told(
        "broken-lock",
        """The lock beside a profile cannot be read.

        Why it hurts: nothing of it is known then: which commit and image an `apply` takes, whether
        the model fits. It was edited, half merged, or written by another version.

        Instead of ``-`` write ``+``::

              # profiles/compiled/own.lock.json
            - {"format_version": 1, "image": <<<<<<< HEAD
            + {"format_version": 1, "image": null, "repositories": []}

        Source: ``deployer/lock/lock.py``; `deployer lock` writes it anew.
        """,
    ),
    Told(
        "stale-lock",
        """The lock beside a profile is of another repository, revision or image.

        Why it hurts: it is not used, so the profile's names mean what they happen to mean at the
        next `apply`, and checks know no more of the model than is shipped.

        Instead of ``-`` write ``+``::

              # profiles/own.yaml
              model:
                repo: nobody/new
              # profiles/compiled/own.lock.json
            - {"repositories": [{"role": "model", "repo": "nobody/old"}]}
            + {"repositories": [{"role": "model", "repo": "nobody/new"}]}

        Source: ``deployer/lock/fits.py``; `deployer lock` writes it anew.
        """,
        Severity.WARNING,
    ),
)
"""By their ids, in order."""
