"""The served name has a colon.

Why it hurts: SGLang keeps the colon for adapters, `model:adapter`, and ends before it loads.

Instead of ``-`` write ``+``::

      model:
    -   served_name: "glm:5.1"
    +   served_name: glm-5.1

Source: SGLang 0.5.10.post1 ``srt/server_args.py:6090`` and 0.5.23 ``validation_hook.py:216``.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a colon in the name that clients ask for."""
    name = case.profile.model.served_name
    if ":" in name:
        yield Problem(
            ("model", "served_name"),
            f"`{name}` has a colon, which SGLang keeps for adapters (`model:adapter`)",
            f"write `{name.replace(':', '-')}`",
        )


RULE = Rule(
    "colon-in-served-name",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/lora.html",
)
