"""The image is named by a tag alone, which its owner can move.

Why it hurts: seldom, since releases are not rebuilt as a rule; but only a digest says that a
rollback runs the same bytes. A lock beside the profile (`deployer lock`) has it, too.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
    -   image: lmsysorg/sglang:v0.5.10.post1-cu130
    +   image: lmsysorg/sglang@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

Source: Modal's ``deepseek_v4_flash.py`` pins the image by digest; the digest above is an example.
"""  # noqa: E501 - a digest

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.image import image
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for an image without a digest."""
    if case.lock is not None and case.lock.image is not None:
        return
    found = image(case.profile.engine.image)
    if case.profile.target == "modal" and found is not None and not found.digest:
        yield Problem(
            ("engine", "image"),
            f"the tag `{found.tag}` names the image, and a tag can be moved",
            f"let `deployer lock` keep its digest, or add it: "
            f"`{found.name}:{found.tag}@sha256:...`",
        )


RULE = Rule(
    "image-without-digest",
    Severity.NOTE,
    find,
    link="https://docs.docker.com/reference/cli/docker/image/pull/",
)
