"""A secret, or a variable that is there to hold one, stands in the profile.

Why it hurts: a profile is committed and its changes are shown in pull requests.

Instead of::

    engine:
      env:
        HF_TOKEN: "..."

Write::

    modal:
      hub_secret: huggingface-secret

Source: the prefixes that Hugging Face (``hf_``), OpenAI (``sk-``) and Modal (``ak-``, ``as-``) give
their keys. https://huggingface.co/docs/hub/security-tokens
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.finding import Severity
from deployer.parse.secrets import IS_KEY
from deployer.profile.model import Profile

NAME = re.compile(r"(^|_)(API_?KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)


def find(profile: Profile) -> Iterator[Problem]:
    """Look at the names and values of variables, and at the values of free arguments."""
    for name, value in profile.engine.env.items():
        if NAME.search(name) or IS_KEY.match(value):
            yield Problem(("engine", "env", name), f"`{name}` looks like a secret", HINT)
    for name, argument in profile.engine.args.items():
        values = argument if isinstance(argument, list) else [argument]
        if any(isinstance(item, str) and IS_KEY.match(item) for item in values):
            yield Problem(
                ("engine", "args", name), f"`{name}` holds what looks like a secret", HINT
            )


HINT = "put it into a Modal secret, or into your shell's environment, and name it here"

RULE = Rule("secret-in-profile", Severity.ERROR, find, hides_line=True)
