"""The routes that an endpoint's engine has, as probes ask them without doing any harm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployer.facts.sglang.routes import CLIENTS, METRICS, OPERATORS, OTHERS, Served

if TYPE_CHECKING:
    from deployer.verify.endpoint import Endpoint

HARMLESS = "PATCH"
"""A method that no operators' route takes, so that asking by it does nothing (`routes.py`)."""


def asked(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    """Give method and path of all that clients ask, or a profile may let them ask."""
    found = [(each.methods[0], _spelt(each.path)) for each in _of((*CLIENTS, *OTHERS), endpoint)]
    return (*found, *((("GET", METRICS),) if endpoint.metrics else ()))


def operators(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    """Give the paths that are never a client's, each with a method that it does not take.

    What the door answers in a form of its own is left out: `/` and the models by name.
    """
    served = [each for each in _of(OPERATORS, endpoint) if each.path not in {"/", MODEL_BY_NAME}]
    return tuple((HARMLESS, _spelt(each.path)) for each in served if HARMLESS not in each.methods)


MODEL_BY_NAME = "/v1/models/{model:path}"


def _of(served: tuple[Served, ...], endpoint: Endpoint) -> list[Served]:
    version = endpoint.engine
    return [each for each in served if not version or each.in_release(version)]


def _spelt(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", path)
