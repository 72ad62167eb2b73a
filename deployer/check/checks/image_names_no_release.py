"""The tag of SGLang's image names no release, so that nothing shows what is in it.

Why it hurts: everything here is said for `engine.version`. An image of a model's first day, or of a
day's build, has other flags and other kernels than the release that its profile names.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
    -   image: lmsysorg/sglang:deepseek-v4-blackwell
    +   image: lmsysorg/sglang:v0.5.10.post1-cu130

Source: the tags of lmsysorg/sglang on Docker Hub: releases are `v0.5.10.post1-cu130`, others are
named after models, branches and days.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.checks.image_moves import MOVING
from deployer.check.image import image
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a tag of SGLang's own image that says no release."""
    found = image(case.profile.engine.image)
    if found is None or not found.official or not found.tag or found.release:
        return
    if not MOVING.fullmatch(found.tag):
        version = case.profile.engine.version
        yield Problem(
            ("engine", "image"),
            f"the tag `{found.tag}` names no release: nothing shows that SGLang {version} is in it",
            f"write a tag that begins with `v{version}`",
        )


RULE = Rule(
    "image-names-no-release",
    Severity.WARNING,
    find,
    link="https://hub.docker.com/r/lmsysorg/sglang/tags",
)
