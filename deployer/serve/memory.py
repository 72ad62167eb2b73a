"""What a ready engine says of its memory.

`/server_info` tells what the weights took, how large the pool is and what the graphs hold: one
state for each replica of attention, told by that replica's first rank. The others are not asked.
Whoever applies holds it against what was reckoned: what is known of models stays out of containers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from deployer.codec import read_json

PATHS = ("/server_info", "/get_server_info")
"""Where an engine says it, the newer name first (0.5.10.post1 and after have both)."""

OK = 200

FORM = re.compile(
    r"a pool of (?P<tokens>[\d,]+) tokens, weights of (?P<weights>-?[\d.]+) GiB, "
    r"graphs of (?P<graphs>-?[\d.]+) GiB"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one replica says: the tokens of its pool, and what one of its GPUs holds, in GiB."""

    tokens: int
    weights: float
    graphs: float

    def text(self) -> str:
        """Say it as an event does; :func:`heard` reads it again."""
        return (
            f"a pool of {self.tokens:,} tokens, weights of {self.weights:z.2f} GiB, "
            f"graphs of {self.graphs:.2f} GiB"
        )


def ask(url: str, key: str, timeout: float) -> str:
    """Ask an engine what it holds; gives that, or why it is not known, in words."""
    why = ""
    try:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor a key out of ~/.netrc
            for path in PATHS:
                answer = session.get(
                    f"{url}{path}",
                    headers={"Authorization": f"Bearer {key}"} if key else {},
                    timeout=timeout,
                    allow_redirects=False,
                )
                if answer.status_code == OK:
                    if said := read(answer.content.decode(errors="replace")):
                        return "; ".join(each.text() for each in said)
                    why = f"{path} has no memory_usage"
                    break
                why = f"{path} was answered with {answer.status_code}"
    except requests.RequestException as error:
        why = f"no answer ({type(error).__name__})"
    return f"the engine did not say what it holds: {why}"


def read(body: str) -> tuple[Said, ...]:
    """Read what an engine says; nothing where it does not."""
    try:
        found = [
            state["memory_usage"] for state in read_json(body, constants=True)["internal_states"]
        ]
        return tuple(
            Said(int(one["token_capacity"]), float(one["weight"]), _sum(one.get("graph", 0.0)))
            for one in found
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def heard(message: str) -> tuple[Said, ...]:
    """Read what an event says; nothing where it says why that is not known."""
    return tuple(
        Said(int(found["tokens"].replace(",", "")), float(found["weights"]), float(found["graphs"]))
        for found in FORM.finditer(message)
    )


def of_each(said: tuple[Said, ...]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Give the tokens of each replica's pool, and the GiB of its weights."""
    return tuple(each.tokens for each in said), tuple(each.weights for each in said)


def _sum(graphs: Any) -> float:  # noqa: ANN401 - a number, or one a phase in newer releases
    return float(sum(graphs.values()) if isinstance(graphs, Mapping) else graphs)
