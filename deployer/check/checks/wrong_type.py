"""A value that is no number, or no JSON, where one is needed.

Why it hurts: the engine refuses the whole command.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     dist-timeout: 1h
    +     dist-timeout: 3600

Source: the type of the option in the release's catalogue; ``64k`` and ``64Ki`` differ in case.
https://docs.python.org/3/library/argparse.html#type
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("wrong-type", Severity.ERROR, faults_of("wrong-type"))
