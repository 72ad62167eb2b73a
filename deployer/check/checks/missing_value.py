"""A flag without the value that it needs.

Why it hurts: the engine refuses the whole command.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     dist-timeout: true
    +     dist-timeout: 3600

Source: argparse: expected one argument. https://docs.python.org/3/library/argparse.html#nargs
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("missing-value", Severity.ERROR, faults_of("missing-value"))
