"""The door is to let a route through that is not there, or is for operators alone.

Why it hurts: clients get 404 where the profile promises an answer; and with a route such as
`/flush_cache` or `/server_info` a client's key would be an operator's, so the door never lets one
through.

Instead of ``-`` write ``+``::

      serving:
    -   routes: [/server_info]
    +   routes: [/generate]

Source: the routes of SGLang 0.5.9 to 0.5.23 (``srt/entrypoints/http_server.py``), and measured with
0.5.23: `/server_info` tells the engine's keys, `/dump_expert_distribution_record` ends the server.
https://github.com/sgl-project/sglang/blob/v0.5.23/python/sglang/srt/entrypoints/http_server.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.routes import DOOR, METRICS, addable, clients, operators
from deployer.finding import Severity
from deployer.slip import meant


def find(case: Case) -> Iterator[Problem]:
    """Look at each route that the profile adds to those of clients."""
    version = case.profile.engine.version
    offered = addable(version)
    there = {DOOR, *(each.path for each in clients(version))}
    for place, path in enumerate(case.profile.serving.routes):
        if path in offered:
            continue
        where = ("serving", "routes", place)
        if path in there:
            yield Problem(where, f"{path} is let through already", "take it out of the list")
        elif path == METRICS:
            hint = "write `observability.metrics: true`"
            yield Problem(where, f"{path} is there where metrics are turned on", hint)
        elif path in operators():
            message = f"{path} is an operator's: whoever may ask it can change or end the server"
            yield Problem(where, message, "take it out: no client needs it")
        else:
            near = meant(path, offered)
            hint = f"did you mean {near}?" if near else f"there are: {', '.join(offered)}"
            yield Problem(where, f"SGLang {version} has no route {path} that clients use", hint)


RULE = Rule(
    "route-not-offered",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/blob/v0.5.23/python/sglang/srt/entrypoints/http_server.py",
)
