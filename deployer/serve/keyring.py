"""The keys of the door: whose they are, and where they are read.

The key of the variable that a release names is called ``default``. Others come from variables that
begin with its name and two underscores (``API_KEY__ALICE`` holds the key ``alice``), as a secret on
Modal has them, or from the files of a folder, one a key, as ``deployer keys`` writes them; a file
``api-key`` beside that folder is the ``default`` one and wins over the variable.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.files import is_there
from deployer.serve.key import checked_key, read_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT = "default"

NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?")
"""How a key may be called: it is a file's name and the end of a variable's."""

DEFAULT_FILE = "api-key"


@dataclass(frozen=True, slots=True)
class Held:
    """A client's key by its name; the key never shows in ``repr``."""

    name: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Where the keys of one server are: the variable ('' for a server without), and the folder."""

    variable: str
    environ: Mapping[str, str] = field(repr=False)
    folder: Path | None = None

    def read(self) -> tuple[Held, ...]:
        """Read all of them, the default one first.

        Raises :class:`Failure` for one that is missing, too short, or cannot be sent in a header.
        """
        if not self.variable:
            return ()
        found = {DEFAULT: self._default(), **self._others(), **self._files()}
        return tuple(Held(name, key) for name, key in found.items())

    def mark(self) -> tuple[tuple[str, int, int], ...]:
        """Give what changes whenever a file of a key does: names, times, sizes."""
        if self.folder is None or not self.variable:
            return ()
        found = []
        for path in (self.folder.parent / DEFAULT_FILE, *sorted(self.folder.glob("*"))):
            with suppress(OSError):
                stat = path.stat()
                found.append((path.name, stat.st_mtime_ns, stat.st_size))
        return tuple(found)

    def _default(self) -> str:
        if self.folder is not None:
            path = self.folder.parent / DEFAULT_FILE
            if is_there(path):
                return _read(path)
        return read_key(self.variable, self.environ)

    def _others(self) -> dict[str, str]:
        begins = f"{self.variable}__"
        names = sorted(name for name in self.environ if name.startswith(begins))
        found = {}
        for variable in names:
            name = variable.removeprefix(begins).lower()
            if not NAME.fullmatch(name) or name == DEFAULT:
                msg = f"{variable} names no key: letters, digits and `_` follow `{begins}`"
                raise Failure(msg)
            found[name] = checked_key(self.environ[variable], variable)
        return found

    def _files(self) -> dict[str, str]:
        if self.folder is None or not is_there(self.folder):
            return {}
        names = sorted(path.name for path in self.folder.iterdir() if NAME.fullmatch(path.name))
        return {name: _read(self.folder / name) for name in names}


def _read(path: Path) -> str:
    try:
        return checked_key(path.read_text(encoding="ascii").strip(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the API key in {path} cannot be read"
        raise Failure(msg) from error
