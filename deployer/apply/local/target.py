"""A deployment on this machine, as verbs ask for it (:class:`deployer.apply.target.Target`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from deployer.apply.target import Asker, Ended, Log, Reached, Starts
from deployer.errors import UsageError
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.local.status import LocalStatus
    from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Here:
    """A deployment on this machine, by its name."""

    name: str
    target: ClassVar[str] = "local"
    where: ClassVar[str] = "this machine"

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

    def status(self, *, offline: bool) -> LocalStatus:
        """Look at its processes, and ask the server."""
        from deployer.apply.local.status import status  # noqa: PLC0415 - as above

        del offline
        return status(self.name)[0]

    def reach(self, key_env: str | None, settle: Callable[[str], None]) -> Reached:
        """Find the way to its door. A key that was made here is found here."""
        from deployer.apply.local.connection import connect  # noqa: PLC0415 - as above

        here = connect(self.name)
        if key_env is not None:
            if not here.variable:
                msg = f"--key-env says {key_env}, and `{self.name}` takes no key from a variable"
                raise UsageError(msg, hint="leave it out: a key that was made here is found here")
            settle(here.variable)
        return Reached(here.endpoint(), here.release, here.remember)

    def destroy(self, volumes: tuple[str, ...], asker: Asker) -> Ended:
        """End the server, and remove its key, logs and state."""
        from deployer.apply.local.destroy import destroy  # noqa: PLC0415 - as above

        if volumes:
            message = f"`{self.name}` is on this machine and has no volumes"
            raise UsageError(message)
        if file := _applied_from(self.name):
            asker.tell(f"note: `{self.name}` was applied from {visible(file)}")
        with asker.phases() as on_event:
            done = destroy(self.name, on_event=on_event)
        return Ended({"killed": done.killed, "message": done.message}, (done.message,))


def _applied_from(name: str) -> str:
    """Give the file that a deployment is of: a copy of it has the same name; '' if not known."""
    from deployer.apply.local.folder import folder_of  # noqa: PLC0415 - as above
    from deployer.apply.local.state import sound_state  # noqa: PLC0415 - as above

    state = sound_state(folder_of(name, os.environ))
    return state.profile if state is not None else ""


def names() -> Iterator[str]:
    """Give the names of the deployments here."""
    from deployer.apply.local.folder import folders  # noqa: PLC0415 - as above

    return (folder.name for folder in folders(os.environ))


def on_record(given: str, environment: str, *, leftovers: bool) -> Here | None:
    """Give the deployment of a name; what is left of one without a state counts as a leftover."""
    from deployer.apply.local.destroy import is_anything_left  # noqa: PLC0415 - as above
    from deployer.apply.local.folder import folder_of  # noqa: PLC0415 - as above

    if environment:
        return None
    known = is_anything_left(given) if leftovers else folder_of(given, os.environ).is_on_record
    return Here(given) if known else None


def seen_here() -> tuple[LocalStatus, ...]:
    """Look how all of them stand."""
    from deployer.apply.local.status import status  # noqa: PLC0415 - as above

    return status(None)


def of_release(release: Release) -> Here:
    """Give what a profile for this machine means."""
    return Here(release.name)
