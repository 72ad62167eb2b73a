"""What every section of a profile has in common: strict, closed, frozen, documented."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of a profile. The docstring under a field is its documentation everywhere.

    :mod:`deployer.profile.documentation` reads them.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)
