"""The engine on a CPU, where the local target runs it: which releases, and what turns it on."""

from __future__ import annotations

RELEASES = ("0.5.23",)
"""SGLang releases that can be installed for a CPU, the newest last. Each has the lock of its whole
environment in ``deployer/engine/locks/``, and the platform plugin was written for it."""

SWITCH = "DEPLOYER_CPU_PLATFORM"
"""The variable that turns the platform plugin on (``deployer/engine/cpu_platform``), with `1`.
Without it SGLang imports triton, which the environment does not have: `No module named 'triton'`.
"""

BUILTIN = "tiny"
"""The one builtin model (``deployer/engine/tiny_model``)."""
