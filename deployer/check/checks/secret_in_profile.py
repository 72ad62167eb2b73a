"""A secret, or a variable that is there to hold one, stands in the profile.

Why it hurts: a profile is committed and its changes are shown in pull requests.

Instead of ``-`` write ``+``::

    + modal:
    +   hub_secret: huggingface-secret
    - engine:
    -   env:
    -     HF_TOKEN: "..."

Source: ``deployer/secret.py``: the names that hold one, and the prefixes that issuers give their
keys. https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.section import Section
from deployer.profile.source import Path
from deployer.secret import looks_secret, names_secret, within_json

HINT = "put it into a Modal secret, or into your shell's environment, and name it here"


def find(case: Case) -> Iterator[Problem]:
    """Look at the names of variables, and at every text, however deep it stands."""
    for name in case.profile.engine.env:
        if names_secret(name):
            yield Problem(("engine", "env", name), f"`{name}` looks like a secret", HINT)
    for path, text in _texts(case.profile, ()):
        named = path[:2] == ("engine", "env") and names_secret(str(path[-1]))
        if (looks_secret(text) or within_json(text)) and not named:
            yield Problem(path, f"`{path[-1]}` holds what looks like a secret", HINT)


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | Section):
        parts = value if isinstance(value, dict) else value.__dict__
        for name, below in parts.items():
            yield from _texts(below, (*path, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, path)


RULE = Rule("secret-in-profile", Severity.ERROR, find, hides_line=True)
