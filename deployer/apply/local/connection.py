"""How other commands reach a local server: its release, its address, its key."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from deployer.apply.local.folder import existing, folder_of
from deployer.apply.local.key import kept_key
from deployer.apply.local.listener import Guard
from deployer.apply.local.state import State, read_release, read_state, write_state
from deployer.errors import Failure, UsageError
from deployer.serve.key import refuse_foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.apply.local.folder import Folder
    from deployer.release import Release
    from deployer.verify.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to a local server; ``api_key`` is '' for one without, and never in ``repr``.

    ``variable`` is where the key comes from, '' for a file of its own and for no key.
    ``guard`` raises Failure where another than that server would be asked: call it before the
    key is sent. ``remember`` keeps whether every promise was seen to hold, and gives why it could
    not, '' where it could.
    """

    release: Release
    url: str
    api_key: str = field(repr=False)
    guard: Callable[[], None]
    remember: Callable[[bool], str]
    variable: str = ""

    def endpoint(self) -> Endpoint:
        """Give it as what is verified and measured."""
        from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - only to ask it

        return Endpoint.from_release(self.release, self.url, self.api_key, self.guard)


def connect(name: str, *, environ: Mapping[str, str] = os.environ) -> Connection:
    """Find the way to a deployment, running or not.

    Raises UsageError for a name that there is not and for a key that only the environment of the
    apply had, Failure for a state that cannot be read.
    """
    folder = existing(name, environ)
    state, release = read_state(folder), read_release(folder)
    if state is None or release is None:
        message = f"the state of `{name}` is not complete"
        raise Failure(message, hint=f"`deployer destroy {name}`, then apply its profile again")
    key = variable = ""
    if state.key_source == "environment":
        variable = release.listen.api_key_variable
        key = _from_environment(name, variable, environ)
    elif state.key_source == "file":
        key = kept_key(folder)
    guard = Guard(folder, state)
    url = f"http://127.0.0.1:{state.port}"
    return Connection(release, url, key, guard, partial(_remember, folder, state), variable)


def current_release(name: str, *, environ: Mapping[str, str] = os.environ) -> Release | None:
    """Give the release that was applied last, as it was compiled; None where none was.

    Raises UsageError for what is no name, Failure for a state that cannot be read.
    """
    return read_release(folder_of(name, environ))


def _remember(folder: Folder, asked: State, verified: bool) -> str:  # noqa: FBT001 - what was found
    """Keep what was found of a server, unless another one serves by now."""
    state = read_state(folder)
    if state is not None and state.supervisor == asked.supervisor:
        write_state(folder, replace(state, verified=verified, verified_at=time.time()))
    return ""


def _from_environment(name: str, variable: str, environ: Mapping[str, str]) -> str:
    refuse_foreign(variable)
    if key := environ.get(variable, ""):
        return key
    message = f"`{name}` takes the key that {variable} held when it was applied"
    raise UsageError(message, hint=f"set {variable}; a key from the environment is not stored")
