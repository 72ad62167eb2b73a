"""A flag that the release takes for the last time.

Why it hurts: the next release that drops it refuses the whole command: 23 flags went at once with
0.5.20.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.18
        args:
    -     cuda-graph-max-bs: 64
    +     cuda-graph-max-bs-decode: 64

Source: what the release itself says (``new_flag`` and the help texts), in
``deployer/facts/sglang/``. https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("deprecated-flag", Severity.WARNING, faults_of("deprecated-flag"))
