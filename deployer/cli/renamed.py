"""Options that had another name once."""

from __future__ import annotations

from typing import Any

import click


class Renamed(click.Option):
    """An option that is still taken by its ``former`` name, which no help shows."""

    def __init__(self, names: list[str], *, former: str, **how: Any) -> None:  # noqa: ANN401 - click's
        super().__init__([*names, former], **how)
        self._former = former

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Give what the help says, without the former name."""
        every = self.opts
        self.opts = [name for name in every if name != self._former]
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = every
