"""A flag that the release knows only to refuse it.

Why it hurts: the engine ends with a message that names the replacement.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.18
        args:
    -     enable-expert-distribution-metrics: true
    +     expert-balancedness-report-mode: server

Source: SGLang ``srt/arg_groups/argparse_actions.py``, ``DeprecatedAction`` with
``error_message``. https://github.com/sgl-project/sglang/releases
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("refused-flag", Severity.ERROR, faults_of("refused-flag"))
