"""`engine.args` holds a flag that has a field, in whatever spelling, or a secret.

Why it hurts: the engine takes the last of two values and says nothing, so the field would state
what does not hold; an abbreviation stops working when a release adds a flag with the same
beginning; a key in the arguments is printed in the log.

Instead of ``-`` write ``+``::

    + parallel:
    - engine:
    -   args:
    -     tp: 8
    +   tp: 8

Source: argparse: later values win, unique prefixes are accepted.
https://docs.python.org/3/library/argparse.html#allow-abbrev
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.flags import field_of
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.parse.secrets import is_secret

REFUSED = {
    "api-key": "the key comes from the variable that `serving.api_key_env` names",
    "admin-api-key": "a secret must not stand in a profile",
    "config": "a profile says everything itself; put the file's keys under their sections",
}


def find(case: Case) -> Iterator[Problem]:
    """Compare each name under `engine.args` with the flags of the typed fields."""
    for name in case.profile.engine.args:
        path = ("engine", "args", name)
        if name in REFUSED:
            message = f"`--{name}` is not for a profile: {REFUSED[name]}"
            yield Problem(path, message, "take it out", hides_line=is_secret(f"--{name}"))
        elif field := field_of(case, name):
            yield Problem(path, f"`--{name}` has a field of its own: `{field}`", "write it there")


RULE = Rule("args-repeat-a-field", Severity.ERROR, find)
