"""What is kept on this machine of keys for Modal: files that only their owner can read.

A Modal secret cannot be read back, and a proxy token's second half is told once. So what was made
here is kept here, as the local target keeps its own.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.apply.files import make_folder, refuse_foreign, state_home, write_whole, writing_in
from deployer.errors import Failure
from deployer.late import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = compile_pattern(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class Private:
    """The private files of one Modal environment ('' for the one that Modal's settings name)."""

    def __init__(self, environment: str, environ: Mapping[str, str] = os.environ) -> None:
        root = state_home(environ) / "modal"
        refuse_foreign(root)
        self._root = root / "private" / _part(environment or "-")

    def key_file(self, secret: str, variable: str) -> Path:
        """Give the file of a key that was put into a Modal secret."""
        return self._root / "secrets" / _part(secret) / _part(variable)

    @property
    def token_files(self) -> tuple[Path, Path]:
        """The files of the two halves of a proxy token."""
        folder = self._root / "proxy-token"
        return folder / "id", folder / "secret"


def read(path: Path) -> str:
    """Read what is kept in a file; '' where there is none. Raises Failure where it cannot be."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        message = f"what is kept in {path} cannot be read"
        raise Failure(message, hint="look at that file, or remove it") from error


def keep(path: Path, value: str) -> None:
    """Write a value to its file. Raises Failure where that cannot be done."""
    make_folder(path.parent)
    write_whole(path, f"{value}\n")


def forget(path: Path) -> None:
    """Remove a file; one that is not there is no fault."""
    with writing_in(path.parent), contextlib.suppress(FileNotFoundError):
        path.unlink()


def _part(name: str) -> str:
    """Give a name that is a folder or a file; Failure for one that would lead elsewhere."""
    if name == "-" or _NAME.fullmatch(name) is not None:
        return name
    message = f"`{name:.80}` is no name of an environment, a secret or a variable"
    raise Failure(message)
