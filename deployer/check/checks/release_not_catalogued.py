"""A release of the engine that is newer than every release known here.

Why it hurts: whether it has these flags, takes these values and has known bugs is not known, so
the command may be refused when it starts. Its typed fields are spelled as the newest known release
spells them, which is a guess from likeness. What needs no catalogue is checked as ever.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.99
    +   version: 0.5.23

Source: ``deployer/facts/sglang/``, one file a release, and ``deployer catalogue add``, which reads
a published wheel. https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import is_newer, newest
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a pinned release after the newest known."""
    version = case.profile.engine.version
    if not is_newer(version):
        return
    yield Problem(
        ("engine", "version"),
        f"SGLang {version} is newer than {newest()}, the newest known here: its flags, values, "
        f"defaults and known bugs were not checked, and fields are spelled as {newest()} does",
        f"`deployer catalogue add {version}` reads the published release, and checks know it then",
    )


RULE = Rule("release-not-catalogued", Severity.WARNING, find)
