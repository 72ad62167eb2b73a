"""A flag that the pinned release does not know any more.

Why it hurts: the engine refuses the whole command. 445 of 466 published recipes name such a flag
on 0.5.20 and later.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
    -   args:
    -     nsa-decode-backend: trtllm
    + kernels:
    +   decode: trtllm

Source: the catalogues of all releases in ``deployer/facts/sglang/``; sgl-project/sglang#38375.
https://github.com/sgl-project/sglang/issues/38375
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("removed-flag", Severity.ERROR, faults_of("removed-flag"))
