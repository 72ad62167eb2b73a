"""Where the state of local deployments lives: one private folder for each name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.apply.files import refuse_foreign, state_home, unread
from deployer.apply.unseen import not_there
from deployer.errors import Failure, UsageError
from deployer.files import is_there
from deployer.late import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = compile_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one deployment, and the names of what lies in it."""

    path: Path

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.path.name

    @property
    def release(self) -> Path:
        """The release as the profile compiled it: what a plan compares with."""
        return self.path / "release.json"

    @property
    def supervised(self) -> Path:
        """The release that the supervisor runs: the model's folder is filled in."""
        return self.path / "supervised.json"

    @property
    def state(self) -> Path:
        """Which process serves, and since when (:class:`~deployer.apply.local.state.State`)."""
        return self.path / "state.json"

    @property
    def is_on_record(self) -> bool:
        """Whether there is a state. Raises Failure where we may not look: that is not none."""
        try:
            return is_there(self.state)
        except OSError as error:
            raise unread(error, self.state) from error

    @property
    def key(self) -> Path:
        """The API key, where this tool made it."""
        return self.path / "api-key"

    @property
    def keys(self) -> Path:
        """Further keys of clients, one file each (:mod:`deployer.serve.keyring`)."""
        return self.path / "keys"

    @property
    def events(self) -> Path:
        """What the supervisor told, one :class:`~deployer.event.Event` a line."""
        return self.path / "events.jsonl"

    @property
    def engine_log(self) -> Path:
        """The engine's output, redacted by the supervisor."""
        return self.path / "engine.log"

    @property
    def supervisor_log(self) -> Path:
        """The supervisor's own output: empty unless something is wrong with it."""
        return self.path / "supervisor.log"

    @property
    def lock(self) -> Path:
        """What a command holds while it changes this deployment."""
        return self.path / "lock"


def root(environ: Mapping[str, str]) -> Path:
    """Give the folder of all local deployments; raises Failure for another user's."""
    folder = state_home(environ) / "local"
    refuse_foreign(folder)
    return folder


def folder_of(name: str, environ: Mapping[str, str]) -> Folder:
    """Give the folder for ``name``, there or not; raises UsageError for what is no name.

    Raises Failure for a folder of another user.
    """
    if not _NAME.fullmatch(name):
        message = f"`{name}` is not the name of a deployment"
        raise UsageError(message, hint="a name has letters, digits, `.`, `_` and `-` only")
    folder = Folder(root(environ) / name)
    refuse_foreign(folder.path)
    return folder


def folders(environ: Mapping[str, str]) -> tuple[Folder, ...]:
    """List the deployments that may have a state, by name; Failure where we may not look."""
    try:
        found = sorted(root(environ).iterdir())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise unread(error, root(environ)) from error
    kept = [Folder(path) for path in found if _NAME.fullmatch(path.name)]
    for folder in kept:
        refuse_foreign(folder.path)
    return tuple(folder for folder in kept if _may_be_on_record(folder))


def _may_be_on_record(folder: Folder) -> bool:
    try:
        return folder.is_on_record
    except Failure:  # whoever reads it is told of it, and the others are shown
        return True


def existing(name: str, environ: Mapping[str, str]) -> Folder:
    """Give the folder of a deployment; raises NotThere, with a near name, where none is."""
    folder = folder_of(name, environ)
    if folder.is_on_record:
        return folder
    names = [each.name for each in folders(environ)]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean `{near[0]}`?" if near else _what_there_is(names)
    raise not_there(name, "on record on this machine", hint=hint)


def _what_there_is(names: list[str]) -> str:
    if not names:
        return "nothing is deployed here yet: `deployer apply PROFILE` does that"
    return "deployed here: " + ", ".join(names)
