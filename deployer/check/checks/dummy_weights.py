"""The engine fills the weights with noise.

Why it hurts: it is healthy, fast, and answers nonsense. That is right for a rehearsal of the start
and wrong for everything else.

Instead of ``-`` write ``+``::

      model:
    -   load_format: dummy
    +   load_format: auto

Source: SGLang 0.5.10.post1 ``model_loader/loader.py`` (`DummyModelLoader`); Modal's examples use it
for their own tests.
"""

from __future__ import annotations

from deployer.check.rule import Rule, at
from deployer.finding import Severity

RULE = Rule(
    "dummy-weights",
    Severity.WARNING,
    at(
        ("model", "load_format"),
        "the weights are noise: the engine answers nonsense with status 200",
        "leave it out, unless this is a rehearsal of the start",
        when=lambda case: case.profile.model.load_format == "dummy",
    ),
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
