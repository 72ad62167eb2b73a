"""A flag that prints the help.

Why it hurts: the engine prints its help and ends, and nothing is served.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
    -   args:
    -     help: true

Source: argparse: ``--help`` exits with 0. https://docs.python.org/3/library/argparse.html#add-help
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("help-flag", Severity.ERROR, faults_of("help-flag"))
