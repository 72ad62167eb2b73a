"""A deployment on this machine, as verbs ask for it (:class:`deployer.apply.target.Target`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from deployer.apply.target import Log, Starts


@dataclass(frozen=True, slots=True)
class Here:
    """A deployment on this machine, by its name."""

    name: str

    def lines(self, most: int, *, follow: bool) -> Iterator[str]:
        """Give the last lines of the engine's log."""
        from deployer.apply.local.logs import logs  # noqa: PLC0415 - only what is asked for

        return iter(logs(self.name, follow=follow, lines=most))

    def log(self, most: int) -> Log:
        """Give all that is kept of the log."""
        from deployer.apply.local.log_whole import whole_log  # noqa: PLC0415 - as above

        del most
        return whole_log(self.name, os.environ)

    def starts(self, *, offline: bool) -> Starts:
        """Give the starts that its events tell of."""
        from deployer.apply.local.boots import boots  # noqa: PLC0415 - as above
        from deployer.apply.local.folder import existing  # noqa: PLC0415 - as above

        del offline
        return Starts(boots(existing(self.name, os.environ).events))
