"""An old name of a value.

Why it hurts: the engine still takes it and warns; the next release that drops it refuses the
whole command.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     prefill-attention-backend: nsa
    +     prefill-attention-backend: dsa

Source: SGLang's own remarks beside its choices, in ``deployer/facts/sglang/``
(``choice_aliases``). https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("renamed-choice", Severity.WARNING, faults_of("renamed-choice"))
