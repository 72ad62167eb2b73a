"""A container is promised more than it may use.

Why it hurts: Modal's client refuses a limit below the request, when the app is deployed.

Instead of ``-`` write ``+``::

      modal:
    -   cpu: 16
    +   cpu: 8
    -   cpu_limit: 8
    +   cpu_limit: 16

Source: Modal client 1.6.4 ``_resources.py``: "Cannot specify a CPU limit lower than request".
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.resources import container_cpu, container_memory
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare each limit with what is reserved, stated or not."""
    modal = case.profile.modal
    if modal is None:
        return
    for name, limit, request, unit in (
        ("cpu_limit", modal.cpu_limit, container_cpu(case.profile), "cores"),
        ("memory_limit", modal.memory_limit, container_memory(case.profile), "MiB"),
    ):
        if limit is not None and limit < request:
            yield Problem(
                ("modal", name),
                f"{limit:g} {unit} are fewer than the {request:g} that the container is to have",
                f"write at least {request:g}, or a smaller `modal.{name.removesuffix('_limit')}`",
            )


RULE = Rule(
    "limit-below-request",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/guide/resources",
)
