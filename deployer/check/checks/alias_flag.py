"""Another spelling of a flag instead of its own name.

Why it hurts: the same thing stands under two names in two profiles, a search finds half of it, and
aliases are what releases drop first.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     nccl-init-addr: 10.0.0.1:25000
    +     dist-init-addr: 10.0.0.1:25000

Source: the spellings of the option in the release's catalogue, its own name first.
https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.flags import field_of
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import find as find_catalogue
from deployer.facts.sglang.replacements import canonical
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare each name under `engine.args` with the option's own."""
    catalogue = find_catalogue(case.profile.engine.version)
    if catalogue is None:
        return
    for name in case.profile.engine.args:
        option = catalogue.find(f"--{name}")
        if option is None or name.startswith("no-") or field_of(case, name):
            continue
        own = canonical(catalogue, f"--{name}")
        if own != f"--{name}":
            yield Problem(
                ("engine", "args", name),
                f"`--{name}` is another spelling of `{own}`",
                f"write `{own.removeprefix('--')}`",
            )


RULE = Rule("alias-flag", Severity.WARNING, find)
