"""A value that the pinned release does not offer.

Why it hurts: the engine refuses the whole command; choices come and go with releases.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
      memory:
    -   kv_cache_dtype: nvfp4
    +   kv_cache_dtype: fp8_e4m3

Source: the choices of the option in the release's catalogue.
https://docs.python.org/3/library/argparse.html#choices
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("not-a-choice", Severity.ERROR, faults_of("not-a-choice"))
