"""How other commands reach a local server: its release, its address, its key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from deployer.apply.local.folder import existing, folder_of
from deployer.apply.local.key import kept_key
from deployer.apply.local.listener import prove_ours
from deployer.apply.local.state import read_release, read_state
from deployer.errors import Failure, UsageError
from deployer.serve.key import refuse_foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to a local server; ``api_key`` is '' for one without, and never in ``repr``.

    ``guard`` raises Failure where another than that server would be asked: call it before the
    key is sent.
    """

    release: Release
    url: str
    api_key: str = field(repr=False)
    guard: Callable[[], None]


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
    key = ""
    if state.key_source == "environment":
        key = _from_environment(name, release.listen.api_key_variable, environ)
    elif state.key_source == "file":
        key = kept_key(folder)
    guard = partial(prove_ours, folder, state)
    return Connection(release, f"http://127.0.0.1:{state.port}", key, guard)


def current_release(name: str, *, environ: Mapping[str, str] = os.environ) -> Release | None:
    """Give the release that was applied last, as it was compiled; None where none was.

    Raises UsageError for what is no name, Failure for a state that cannot be read.
    """
    return read_release(folder_of(name, environ))


def _from_environment(name: str, variable: str, environ: Mapping[str, str]) -> str:
    refuse_foreign(variable)
    if key := environ.get(variable, ""):
        return key
    message = f"`{name}` takes the key that {variable} held when it was applied"
    raise UsageError(message, hint=f"set {variable}; a key from the environment is not stored")
