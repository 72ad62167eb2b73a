"""The beginning of several flags.

Why it hurts: argparse cannot tell which is meant, and refuses the whole command.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     cuda-graph-max: 64
    +     cuda-graph-max-bs-decode: 64

Source: argparse: ambiguous option. https://docs.python.org/3/library/argparse.html#allow-abbrev
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("ambiguous-flag", Severity.ERROR, faults_of("ambiguous-flag"))
