"""Requests for GPUs in one part of the world go through another.

Why it hurts: Modal's `server` endpoints are routed through `us-east` unless told otherwise. Every
token of a server in Europe or Asia then crosses the ocean twice, and so do the prompts, which a
contract may forbid.

Instead of ``-`` write ``+``::

      modal:
        endpoint: server
        regions: [eu-west-1]
    +   routing_region: eu-west

Source: Modal client 1.6.4, ``App.server``: `routing_region` is "us-east" by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

ROUTED = ("us", "ca", "na")
"""How the names of regions begin from which `us-east` is no ocean away."""


def find(case: Case) -> Iterator[Problem]:
    """Look for regions that are all elsewhere, behind an endpoint that is routed."""
    modal = case.profile.modal
    if modal is None or modal.endpoint != "server" or not modal.regions:
        return
    if modal.routing_region is not None:
        return
    if not any(region.lower().startswith(ROUTED) for region in modal.regions):
        yield Problem(
            ("modal", "regions"),
            f"the GPUs are in {', '.join(modal.regions)}, and Modal routes `server` endpoints "
            "through us-east",
            "write where requests shall go through: `routing_region: eu-west`, for one",
        )


RULE = Rule(
    "requests-through-another-region",
    Severity.NOTE,
    find,
    link="https://modal.com/docs/guide/region-selection",
)
