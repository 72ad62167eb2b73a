"""A value behind a switch.

Why it hurts: the engine refuses the whole command; a switch is on where it stands and off where
it does not.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     enable-mixed-chunk: 1
    +     enable-mixed-chunk: true

Source: argparse: a ``store_true`` option takes no value.
https://docs.python.org/3/library/argparse.html#action
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("switch-with-value", Severity.ERROR, faults_of("switch-with-value"))
