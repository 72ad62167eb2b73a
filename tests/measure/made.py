"""Results as the tool writes them, and what is made of them."""

from __future__ import annotations

from typing import Any

from deployer.measure.load import Bounds, Load
from deployer.measure.point import Point
from deployer.measure.reading import Told, to_point
from deployer.measure.run import Run
from deployer.verify.endpoint import Endpoint

KEY = "sk-canary-that-must-not-be-seen"
ENDPOINT = Endpoint("http://127.0.0.1:9", KEY)
LOAD = Load(inputs=128, outputs=5, requests=80, seed=7, concurrency=4)

NO_BOUNDS, NOTHING_TOLD = Bounds(), Told()


def written(firsts: list[float], gap: float = 0.01, errors: tuple[str, ...] = ()) -> dict[str, Any]:
    """Write what the tool would of requests with these first tokens, in seconds."""
    number, gaps = len(firsts) + len(errors), [gap] * 4
    found: dict[str, Any] = {
        "duration": 2.0,
        "completed": len(firsts),
        "ttfts": [*firsts, *[0.0] * len(errors)],
        "itls": [*([gaps] * len(firsts)), *([[]] * len(errors))],
        "input_lens": [130] * number,
        "output_lens": [*[5] * len(firsts), *[0] * len(errors)],
        "errors": [*[""] * len(firsts), *errors],
    }
    for name in ("e2e_latency", "tpot"):
        for share in ("mean", "median", "p90", "p95", "p99"):
            found[f"{share}_{name}_ms"] = 10.0
    return found


def point(
    firsts: list[float] | None = None,
    load: Load = LOAD,
    bounds: Bounds = NO_BOUNDS,
    told: Told = NOTHING_TOLD,
    hourly: float | None = None,
    **options: Any,
) -> Point:
    """Read one."""
    found = written([0.1] * 80 if firsts is None else firsts, **options)
    return to_point(found, load, ENDPOINT, bounds=bounds, told=told, hourly=hourly)


def run(*points: Point, digest: str = "0123456789abcdef", started: float = 1.8e9) -> Run:
    """Put points together."""
    return Run(
        name="demo",
        digest=digest,
        model="glm-tiny",
        engine="0.5.23",
        image="",
        hardware="8 x B200",
        tool="sglang.benchmark.serving 0.5.23",
        started=started,
        points=points or (point(),),
    )
