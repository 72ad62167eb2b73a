"""A flag of another engine, or of SGLang's server of images and videos.

Why it hurts: the engine refuses the whole command; what it did elsewhere has another name here,
or none.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
    -   args:
    -     gpu-memory-utilization: 0.9
    + memory:
    +   mem_fraction_static: 0.9

Source: ``deployer/facts/foreign.py``; GPUStack's catalogue gives GLM-5.2 on SGLang a flag of
vLLM. https://docs.vllm.ai/en/latest/cli/serve.html
"""

from __future__ import annotations

from deployer.check.flags import faults_of
from deployer.check.rule import Rule
from deployer.finding import Severity

RULE = Rule("foreign-flag", Severity.ERROR, faults_of("foreign-flag"))
