"""The prices that figures rest on; a table that was refreshed and cannot be read is not hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.cli.say import tell
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.facts.prices import Prices


def prices() -> Prices:
    """Give the prices that were refreshed last, or the shipped table; says where it had to be."""
    from deployer.apply.modal.prices import known  # noqa: PLC0415 - only for money

    return known(on_damage=lambda trouble: tell(visible(trouble)))
