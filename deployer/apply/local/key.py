"""The API key of a local server: the environment's, or one made here and kept in a file.

A key that comes from the environment is used and never written to the disk: who keeps it
elsewhere wants it to be there only. Otherwise the first apply makes one and every later apply
finds it in ``api-key``, so that clients go on working. The file is there exactly when the server
takes the key that is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from deployer.apply.files import write_whole, writing_in
from deployer.errors import Failure
from deployer.serve.key import new_key, read_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.apply.local.folder import Folder

Source = Literal["file", "environment", "none"]


@dataclass(frozen=True, slots=True)
class Key:
    """An API key ('' for a server without one) and where it comes from; never in ``repr``."""

    value: str = field(repr=False)
    source: Source


def choose_key(folder: Folder, variable: str, environ: Mapping[str, str]) -> Key:
    """Give the key that a server of this deployment takes from now on; writes nothing.

    Raises Failure for one that the supervisor would refuse, and for a file that cannot be read.
    """
    if not variable:
        return Key("", "none")
    if environ.get(variable):
        return Key(read_key(variable, environ), "environment")
    kept = kept_key(folder)
    return Key(kept or new_key(), "file")


def kept_key(folder: Folder) -> str:
    """Read the key that was made here; '' where there is none, Failure for an unreadable file."""
    try:
        return folder.key.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        message = f"the API key in {folder.key} cannot be read"
        raise Failure(message, hint="remove that file, and apply makes a new key") from error


def keep_key(folder: Folder, key: Key) -> None:
    """Write a key that was made here; remove the file of a key that no longer holds."""
    if key.source == "file":
        write_whole(folder.key, key.value + "\n")
        return
    with writing_in(folder.path):
        folder.key.unlink(missing_ok=True)
