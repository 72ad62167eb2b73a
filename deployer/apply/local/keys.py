"""The keys of a local server's clients: several, with names, changed while it serves.

The one that an apply makes is called ``default`` and lies in ``api-key``; each further one has a
file of its name in ``keys``. A supervisor looks at them four times a second, so that no server has
to be started again; whether it did is asked at its door, with the key.
"""

from __future__ import annotations

import contextlib
import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.files import make_folder, write_whole, writing_in
from deployer.apply.local.folder import existing
from deployer.apply.local.listener import objection
from deployer.apply.local.lock import locked
from deployer.apply.local.state import read_state
from deployer.errors import UsageError
from deployer.files import is_there
from deployer.serve.key import new_key
from deployer.serve.keyring import DEFAULT, NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deployer.apply.local.folder import Folder
    from deployer.apply.local.parts import Parts

_PAUSE = 0.1
_PATIENCE = 10.0  # seconds until a server that looks four times a second is called deaf
_ASK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key by its name, and where it lies: '' for one that only the environment has."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a key: ``seen`` tells what the server's door said to it afterwards."""

    name: str
    path: str
    done: str
    seen: str


def list_keys(name: str, environ: Mapping[str, str]) -> tuple[KeyFile, ...]:
    """List the keys of a deployment, none of which is read. Raises NotThere."""
    folder = existing(name, environ)
    state = read_state(folder)
    source = state.key_source if state else "none"
    if source == "none":
        return ()
    first = KeyFile(DEFAULT, str(folder.key) if source == "file" else "")
    others = sorted(folder.keys.iterdir()) if is_there(folder.keys) else []
    return (first, *(KeyFile(each.name, str(each)) for each in others if NAME.fullmatch(each.name)))


def add_key(name: str, key: str, environ: Mapping[str, str], parts: Parts) -> Changed:
    """Make a key of that name. Raises UsageError for one that is there or is no name."""
    folder = _keyed(name, environ)
    with locked(folder, "keys"):
        path = _file(folder, key)
        if is_there(path):
            message = f"`{name}` has a key `{key}` already"
            raise UsageError(message, hint=f"`deployer keys {name} rotate {key}` makes another")
        return _write(folder, key, "added", parts)


def rotate_key(name: str, key: str, environ: Mapping[str, str], parts: Parts) -> Changed:
    """Make a key anew: the old one opens nothing any more. Raises UsageError for an unknown one."""
    folder = _keyed(name, environ)
    with locked(folder, "keys"):
        _refuse_unknown(folder, name, key)
        return _write(folder, key, "rotated", parts)


def remove_key(name: str, key: str, environ: Mapping[str, str], parts: Parts) -> Changed:
    """Take a key away. Raises UsageError for an unknown one and for the default one."""
    folder = _keyed(name, environ)
    with locked(folder, "keys"):
        if key == DEFAULT:
            message = f"the default key of `{name}` stays: whoever applies it asks with it"
            raise UsageError(message, hint=f"`deployer keys {name} rotate {DEFAULT}` renews it")
        _refuse_unknown(folder, name, key)
        path = _file(folder, key)
        old = path.read_text(encoding="ascii").strip()
        with writing_in(folder.path):
            path.unlink()
        return Changed(key, "", "removed", _settled(folder, old, parts, opens=False))


def _keyed(name: str, environ: Mapping[str, str]) -> Folder:
    folder = existing(name, environ)
    state = read_state(folder)
    if state is not None and state.key_source == "none":
        message = f"`{name}` asks nobody for a key"
        raise UsageError(message, hint="name a variable: `serving.api_key_env: API_KEY`")
    return folder


def _file(folder: Folder, key: str) -> Path:
    if key == DEFAULT:
        return folder.key
    if not NAME.fullmatch(key):
        message = f"`{key}` is no name for a key"
        raise UsageError(message, hint="a name has small letters, digits, `_` and `-`, at most 32")
    return folder.keys / key


def _refuse_unknown(folder: Folder, name: str, key: str) -> None:
    if is_there(_file(folder, key)):
        return
    if key == DEFAULT:
        message = f"the default key of `{name}` comes from the environment"
        raise UsageError(message, hint="change the variable, and apply again")
    message = f"`{name}` has no key `{key}`"
    raise UsageError(message, hint=f"`deployer keys {name} list` shows which there are")


def _write(folder: Folder, key: str, done: str, parts: Parts) -> Changed:
    path = _file(folder, key)
    made = new_key()
    make_folder(path.parent)
    write_whole(path, f"{made}\n")
    return Changed(key, str(path), done, _settled(folder, made, parts, opens=True))


def _settled(folder: Folder, key: str, parts: Parts, *, opens: bool) -> str:
    """Ask at the door until it does with a key as it should, and say what was seen."""
    state = read_state(folder)
    if state is None or not state.is_running():
        return "no server is running, so this takes effect at its next start"
    deadline = parts.clock() + _PATIENCE
    while True:
        if why := objection(folder, state):
            return f"the server was not asked: {why}"
        status = _ask(state.port, key)
        if status is not None and (status != http.client.UNAUTHORIZED) == opens:
            return f"the running server {'accepts' if opens else 'refuses'} it (just checked)"
        if parts.clock() > deadline:
            return (
                f"the running server has not followed within {_PATIENCE:g} s: "
                f"it answered {status or 'nothing'}"
            )
        parts.sleep(_PAUSE)


def _ask(port: int, key: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ASK_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status
    return None
