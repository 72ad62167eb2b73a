"""A deployment on Modal, as verbs ask for it (:class:`deployer.apply.target.Target`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.apply.target import Log, Starts
from deployer.errors import NotAsked, NotReached
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Record
    from deployer.release import Release

MOST_LINES = 10_000
"""Lines of a log in which starts are looked for."""


@dataclass(frozen=True, slots=True)
class OnModal:
    """A deployment on Modal.

    ``release`` is what the profile compiles to, or what was deployed where a name was given;
    None where that is nowhere to be had. ``connect`` connects to an environment.
    """

    record: Record
    release: Release | None
    connect: Callable[[str], Account] = field(compare=False)

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.record.name

    def account(self) -> Account:
        """Connect to its environment. Raises NotAsked without a token."""
        return self.connect(self.record.environment)

    def lines(self, most: int, *, follow: bool) -> Iterator[str]:
        """Give the last lines of the app's log."""
        account = self.account()
        from deployer.apply.modal.logs import logs  # noqa: PLC0415 - imports modal

        return logs(account, self.record.app, follow=follow, lines=most)

    def log(self, most: int) -> Log:
        """Give the last lines of the app's log."""
        name = f"the last {most} lines of the log of {visible(self.record.app)}"
        told = self.lines(most, follow=False)
        return Log(name, (f"{line}\n".encode() for line in told))

    def starts(self, *, offline: bool) -> Starts:
        """Give the starts on record and those of the log; raises where neither is to be had."""
        from deployer.apply.modal.records import Records  # noqa: PLC0415 - only what is asked for
        from deployer.serve.lines import boot_of  # noqa: PLC0415 - as above

        kept = Records().boots(self.record.app, self.record.environment)
        if offline:
            return Starts(kept)
        try:
            lines = self.lines(MOST_LINES, follow=False)
            return Starts((*kept, *(boot for line in lines if (boot := boot_of(line)))))
        except (NotAsked, NotReached) as why:
            if not kept:
                raise
            return Starts(kept, f"Only what is on record is shown: {why.message}")
