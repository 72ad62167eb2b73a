"""`engine.args` holds a flag that has a field, an abbreviation of one, or a secret.

Why it hurts: the engine takes the last of two values and says nothing, so the field would state
what does not hold; an abbreviation stops working when a release adds a flag with the same
beginning; a key in the arguments is printed in the log.

Instead of::

    engine:
      args:
        tp: 8

Write::

    parallel:
      tp: 8

Source: argparse: later values win, unique prefixes are accepted.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.finding import Severity
from deployer.profile.fields import flagged_fields
from deployer.profile.model import Profile

REFUSED = {
    "api-key": "the key comes from the variable that `serving.api_key_env` names",
    "admin-api-key": "a secret must not stand in a profile",
    "config": "a profile says everything itself; put the file's keys under their sections",
}


def find(profile: Profile) -> Iterator[Problem]:
    """Compare each name under `engine.args` with the flags of the typed fields."""
    fields = _spellings(profile)
    for name in profile.engine.args:
        path = ("engine", "args", name)
        if name in REFUSED:
            yield Problem(path, f"`--{name}` is not for a profile: {REFUSED[name]}", "take it out")
        elif name in fields:
            yield Problem(
                path, f"`--{name}` has a field of its own: `{fields[name]}`", "write it there"
            )
        elif owners := sorted({fields[flag] for flag in fields if flag.startswith(name)}):
            yield Problem(
                path,
                f"`--{name}` abbreviates the flag of `{'`, `'.join(owners)}`",
                "write that field, or the whole name of the flag that you mean",
            )


def _spellings(profile: Profile) -> dict[str, str]:
    """Map each spelling of a typed field's flag in this release to the field's path."""
    found: dict[str, str] = {}
    for section, field, flag in flagged_fields():
        for name in (flag.spelling(profile.engine.version).flag, flag.off):
            if name:
                found[name.removeprefix("--")] = f"{section}.{field}"
    return found


RULE = Rule("args-repeat-a-field", Severity.ERROR, find)
