"""More values than a flag takes.

Why it hurts: the engine refuses the whole command.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     dist-timeout: [60, 3600]
    +     dist-timeout: 3600

Source: argparse: unrecognized arguments. https://docs.python.org/3/library/argparse.html#nargs
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("stray-value", Severity.ERROR, faults_of("stray-value"))
