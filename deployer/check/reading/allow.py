"""What may be wrong with an allowance (:mod:`deployer.check.allow`)."""

from __future__ import annotations

from deployer.check.reading.told import Told
from deployer.finding import Severity

TOLD = (
    Told(
        "allow-unknown",
        """An allowance of a check that does not exist, or that cannot be allowed.

        Why it hurts: the comment is of no use: what it was meant for is found all the same. What
        keeps a profile from being read, or from being carried out, cannot be allowed.

        Instead of ``-`` write ``+``::

              serving:
            -   # deployer: allow[public-without-a-key] only for the demonstration on Friday
            +   # deployer: allow[public-without-key] only for the demonstration on Friday
                api_key_env: null

        Source: ``deployer/check/allow.py``.
        """,
        Severity.WARNING,
    ),
    Told(
        "allow-unused",
        """An allowance of what is not found there.

        Why it hurts: it would hide the next mistake of the kind at this line, which nobody has
        looked at.

        Instead of ``-`` write ``+``::

              serving:
            -   # deployer: allow[public-without-key] only for the demonstration on Friday
                api_key_env: API_KEY

        Source: ``deployer/check/allow.py``; ruff does the same with ``unused-noqa``:
        https://docs.astral.sh/ruff/rules/unused-noqa/
        """,
        Severity.WARNING,
    ),
    Told(
        "allow-without-reason",
        """An allowance that says no reason.

        Why it hurts: whoever reads it next year cannot know whether it still holds. It allows
        nothing.

        Instead of ``-`` write ``+``::

              serving:
            -   # deployer: allow[public-without-key]
            +   # deployer: allow[public-without-key] only for the demonstration on Friday
                api_key_env: null

        Source: ``deployer/check/allow.py``.
        """,
    ),
)
"""By their ids, in order."""
