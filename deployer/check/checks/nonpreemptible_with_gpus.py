"""A container with GPUs cannot be kept from being taken away.

Why it hurts: Modal supports it for containers without GPUs, at three times their price. Its client
takes it all the same, so that a profile may rely on what nobody promises.

Instead of ``-`` write ``+``::

      modal:
    -   nonpreemptible: true
    +   nonpreemptible: false

Source: https://modal.com/docs/guide/preemption: not supported for functions with GPUs.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for the wish, in front of GPUs."""
    modal = case.profile.modal
    if modal is not None and modal.nonpreemptible and case.profile.hardware.count:
        yield Problem(
            ("modal", "nonpreemptible"),
            "Modal does not support it for containers with GPUs",
            "take it out; what is lost is one container, and the next one starts",
        )


RULE = Rule(
    "nonpreemptible-with-gpus",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/preemption",
)
