"""The server is one half of a pair: it prefills, decodes or encodes only.

Why it hurts: the other half is a server of its own, and a router joins them; this tool starts
neither. A prefill server answers no request to its end, a decode server waits for a cache that
nobody sends, and the warm-up fails after the weights are loaded.

Instead of ``-`` write ``+``::

      engine:
    -   args:
    +   args: {}
    -     disaggregation-mode: prefill

Source: SGLang documentation, PD disaggregation and EPD disaggregation; 0.5.23
``arg_groups/fields/``: `--language-model-only` alone is no half.
https://docs.sglang.io/advanced_features/pd_disaggregation.html
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

HALVES = {
    ("--disaggregation-mode", "prefill"): ("prefills only", "decodes"),
    ("--disaggregation-mode", "decode"): ("decodes only", "prefills"),
    ("--encoder-only", ""): ("encodes pictures only", "generates"),
    ("--language-only", ""): ("has no encoder of its own", "encodes"),
}
"""What a server with this option and value does, and what its other half does."""


def find(case: Case) -> Iterator[Problem]:
    """Look for the options that divide a server."""
    for (flag, value), (does, other) in HALVES.items():
        said = case.said.option(flag)
        if said is not None and said.value == value:
            yield Problem(
                said.path,
                f"this server {does}, and waits for one that {other}: a profile is one server, "
                "whole",
                "leave it out: then one server does both",
            )


RULE = Rule(
    "half-of-a-pair",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/pd_disaggregation.html",
)
