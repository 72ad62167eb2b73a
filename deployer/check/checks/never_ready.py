"""An argument with which the server never answers the requests that say it is ready.

Why it hurts: readiness asks `GET /health` over plain HTTP, and warm-up sends chat requests to one
server. An engine that serves something else loads for minutes, at full price, and is then ended.

Instead of ``-`` write ``+``::

      engine:
        args:
    -     ssl-certfile: /certs/server.pem
    +     enable-mixed-chunk: true

Source: ``deployer/serve/ready.py`` and ``warmup.py``; SGLang 0.5.23 ``srt/server_args.py``, the
texts of these options. https://docs.sglang.io/advanced_features/server_arguments.html
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import warmup_kinds
from deployer.finding import Severity

_TLS = "the engine would speak TLS, and readiness asks over plain HTTP"
_NO_HTTP = "the engine would serve gRPC in the place of HTTP"
_HALF = "that is a part of a server, which answers no chat request by itself"
_WAITS = "the engine would wait for somebody else before it is ready"
_ALONE = "a replica has one node, and the engine would wait for the others"

REASONS = {
    "--ssl-certfile": _TLS,
    "--ssl-keyfile": _TLS,
    "--grpc-mode": _NO_HTTP,
    "--smg-grpc-mode": _NO_HTTP,
    "--encoder-only": _HALF,
    "--disaggregation-mode": _HALF,
    "--gated-launch-port": _WAITS,
    "--checkpoint-engine-wait-weights-before-ready": _WAITS,
    "--nnodes": _ALONE,
    "--node-rank": _ALONE,
}
"""Options of the engine, each with what it would do."""

WITHOUT_CHAT = {
    "--is-embedding": "an embedding model answers no chat request of the warm-up",
    "--skip-tokenizer-init": "without a tokenizer no chat request of the warm-up is answered",
}
"""Options that leave a server which is healthy, and cannot be warmed up."""

SOUND = {"--nnodes": "1", "--node-rank": "0", "--disaggregation-mode": "null"}
"""The one value with which an option changes nothing."""


def find(case: Case) -> Iterator[Problem]:
    """Look for arguments that make another kind of server."""
    reasons = {**REASONS, **WITHOUT_CHAT} if warmup_kinds(case.profile) else REASONS
    for flag, reason in reasons.items():
        said = case.said.option(flag)
        if said is not None and said.value != SOUND.get(flag):
            yield Problem(said.path, f"with `{flag}` it never gets ready: {reason}", "take it out")


RULE = Rule("never-ready", Severity.ERROR, find)
