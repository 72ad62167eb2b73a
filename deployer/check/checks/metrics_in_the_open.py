"""`/metrics` asks for no key.

Why it hurts: whoever knows the address reads how much is asked, how fast it is answered and how
full the server is. It holds no prompt and no answer.

Instead of ``-`` write ``+``::

      observability:
    -   metrics: true
    +   metrics: false

Source: SGLang 0.5.10.post1 ``srt/utils/auth.py``: `/health*` and `/metrics*` bypass the API key.
"""

from __future__ import annotations

from deployer.check.rule import Rule, at
from deployer.finding import Severity

RULE = Rule(
    "metrics-in-the-open",
    Severity.NOTE,
    at(
        ("observability", "metrics"),
        "`/metrics` is open to everyone, with a key or without",
        "keep it if that is no secret: what scrapes it needs no key",
        when=lambda case: case.profile.target == "modal" and case.profile.observability.metrics,
    ),
    link="https://docs.sglang.io/references/production_metrics.html",
)
