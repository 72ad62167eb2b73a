"""A release of the engine that has no catalogue, and is not newer than all that have.

Why it hurts: no flag can be checked or spelt for it, so nothing is known of the command before it
runs. A release that is newer than all that are known is `release-not-catalogued`, a warning.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.12.post9
    +   version: 0.5.12.post1

Source: ``deployer/facts/sglang/``, one file a release, from 0.5.9 on.
https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import is_newer, newest, releases
from deployer.facts.sglang.versions import release_key
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for the pinned release among those that are known."""
    version = case.profile.engine.version
    if version in releases() or is_newer(version):
        return
    yield Problem(
        ("engine", "version"),
        f"SGLang {version} is not known here: {releases()[0]} to {newest()} are",
        _hint(version),
    )


def _hint(version: str) -> str:
    near = min(releases(), key=lambda known: _distance(known, version))
    return f"did you mean {near}?"


def _distance(one: str, other: str) -> tuple[int, ...]:
    return tuple(abs(a - b) for a, b in zip(release_key(one), release_key(other), strict=True))


RULE = Rule("unknown-release", Severity.ERROR, find, firm=True)
