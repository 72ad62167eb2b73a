"""The two sides of a comparison."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.facts.prices import SHIPPED, Prices
from deployer.facts.sglang.catalogue import Catalogue
from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Sides:
    """Two releases that are compared, and the catalogues of their engines where there are any.

    ``prices`` is the table that money is reckoned with.
    """

    old: Release
    new: Release
    old_catalogue: Catalogue | None
    new_catalogue: Catalogue | None
    prices: Prices = SHIPPED
