"""The image holds another release of the engine than the profile is written for.

Why it hurts: `engine.version` decides how every flag is spelt and what is checked. The engine in
the image then refuses a flag, or takes it for something else, after the image is pulled.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
    -   image: lmsysorg/sglang:v0.5.9-cu130
    +   image: lmsysorg/sglang:v0.5.10.post1-cu130

Source: the tags of lmsysorg/sglang name the release.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.image import image
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the release in the tag of SGLang's own image with the pinned one."""
    found, version = image(case.profile.engine.image), case.profile.engine.version
    if found is None or not found.official or found.release in {"", version}:
        return
    yield Problem(
        ("engine", "image"),
        f"the image is of SGLang {found.release}, and `engine.version` is {version}",
        f"write `v{version}` in the tag, or change `engine.version`",
    )


RULE = Rule(
    "image-of-another-release",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/tree/main/docker",
)
