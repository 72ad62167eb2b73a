"""A flag that comes only with a later release than the pinned one.

Why it hurts: the engine refuses the whole command.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
    -   args:
    -     dsa-decode-backend: trtllm
    + kernels:
    +   decode: trtllm

Source: the catalogues of all releases in ``deployer/facts/sglang/``.
https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("future-flag", Severity.ERROR, faults_of("future-flag"))
