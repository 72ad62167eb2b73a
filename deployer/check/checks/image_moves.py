"""The image is a tag that is moved to every new build.

Why it hurts: the next container starts another engine than the last one, whose flags this profile
does not know, and a rollback does not bring the old one back.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
    -   image: lmsysorg/sglang:latest
    +   image: lmsysorg/sglang:v0.5.10.post1-cu130

Source: the tags of lmsysorg/sglang: `latest` and `dev` move.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.image import image
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.late import compile_pattern

MOVING = compile_pattern(r"(latest|dev|nightly|main|stable)(-(?!.*\d{8}).*)?")
"""Not the builds of a day, such as `nightly-dev-20260812-0123abcd`."""


def find(case: Case) -> Iterator[Problem]:
    """Look for a moving tag without a digest beside it."""
    if case.lock is not None and case.lock.image is not None:
        return
    found = image(case.profile.engine.image)
    if found is not None and not found.digest and MOVING.fullmatch(found.tag):
        yield Problem(
            ("engine", "image"),
            f"the tag `{found.tag}` moves: another container may run another engine",
            "write the tag of a release, best with its digest",
        )


RULE = Rule(
    "image-moves",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/tree/main/docker",
)
