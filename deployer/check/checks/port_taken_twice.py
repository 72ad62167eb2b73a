"""The engine needs the port that clients reach for something else, too.

Why it hurts: the door has the port, and the engine cannot listen there, after the weights are
loaded.

Instead of ``-`` write ``+``::

      serving:
        port: 8000
      engine:
        args:
    -     nccl-port: 8000
    +     nccl-port: 8100

Source: SGLang 0.5.10.post1 ``srt/server_args.py`` (`PortArgs.init_new`): ports are used as given.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

ADDRESSES = ("dist-init-addr", "nccl-init-addr")
"""Options that hold ``host:port``."""


def find(case: Case) -> Iterator[Problem]:
    """Look for the serving port among the other ports that are stated."""
    serving = str(case.profile.serving.port)
    for name, value in case.profile.engine.args.items():
        port = str(value).rpartition(":")[2] if name in ADDRESSES else str(value)
        if port == serving and (name in ADDRESSES or name.endswith("-port")):
            yield Problem(
                ("engine", "args", name),
                f"port {serving} is the one of `serving.port`",
                "choose another, or leave it out: the engine finds a free one",
            )


RULE = Rule(
    "port-taken-twice",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
