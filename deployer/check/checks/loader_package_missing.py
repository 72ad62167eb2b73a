"""The loader imports a package that nothing puts into the image.

Why it hurts: the engine ends when it begins to load, with the GPUs paid for by then ("Please
install fastsafetensors"). SGLang requires none of these packages, and its own images are built of
what it requires.

Instead of ``-`` write ``+``::

      model:
        load_format: fastsafetensors
      modal:
    -   packages: []
    +   packages: [fastsafetensors==0.3.3]

Source: the wheels of SGLang from 0.5.9 to 0.5.23 import it and do not require it, and the
Dockerfile as of 0.5.5, installs none. Where an image of your own holds it, allow this at the line.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.loaders import PACKAGES
from deployer.finding import Severity
from deployer.late import compile_pattern

NAME_END = compile_pattern(r"[\[=@ ]")
"""What ends the name in a pinned requirement: extras, a version, a commit or a file."""


def find(case: Case) -> Iterator[Problem]:
    """Look for the package of the format among those that the profile puts into the image."""
    modal, how = case.profile.modal, case.profile.model.load_format
    package = PACKAGES.get(how or "")
    if modal is None or package is None or case.profile.target != "modal":
        return
    steps = case.profile.engine.image_steps
    built = [*modal.packages, *(one for step in steps for one in step.pip or ())]
    if package not in {_plain(one) for one in built}:
        yield Problem(
            ("model", "load_format"),
            f"`{how}` imports `{package}`, and nothing says that the image holds it",
            f"name it in `modal.packages`, with its version: `{package}==...`",
        )


def _plain(requirement: str) -> str:
    """Give the name in a requirement or a wheel's address, as an index compares it."""
    name = NAME_END.split(requirement, maxsplit=1)[0]
    if "://" in name:
        name = name.rpartition("/")[2].partition("-")[0]
    return name.lower().replace("_", "-").replace(".", "-")


RULE = Rule(
    "loader-package-missing",
    Severity.WARNING,
    find,
    link="https://github.com/modal-projects/stitch/pull/54",
)
