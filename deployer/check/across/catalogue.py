"""Every check between profiles, listed by hand: what is not here does not run."""

from __future__ import annotations

from deployer.check.across import (
    app_taken_twice,
    name_taken_twice,
    port_shared,
    weights_folder_shared,
)
from deployer.check.across.rule import Across

ACROSS: tuple[Across, ...] = (
    app_taken_twice.RULE,
    name_taken_twice.RULE,
    port_shared.RULE,
    weights_folder_shared.RULE,
)
"""In the order of their names."""
