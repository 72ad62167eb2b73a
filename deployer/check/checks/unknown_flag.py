"""A flag that no release of the engine knows.

Why it hurts: the engine ends with a usage message after the image is pulled and the container is
started on its GPUs; on Modal it is started again and again.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     enable-mixed-chunks: true
    +     enable-mixed-chunk: true

Source: argparse: unrecognized arguments; the catalogues of all releases in
``deployer/facts/sglang/``. https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("unknown-flag", Severity.ERROR, faults_of("unknown-flag"))
