"""The beginning of a flag instead of its name.

Why it hurts: it works until a release adds another flag with the same beginning, and then refuses
to start.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
        args:
    -     enable-mixed: true
    +     enable-mixed-chunk: true

Source: argparse accepts unique prefixes (``allow_abbrev``).
https://docs.python.org/3/library/argparse.html#allow-abbrev
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("abbreviated-flag", Severity.ERROR, faults_of("abbreviated-flag"))
