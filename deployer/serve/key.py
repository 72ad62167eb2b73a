"""Keys on their way: a client's out of the environment, the engine's own into the engine.

A key must not be an argument: every user of the machine can read those with ``ps``. SGLang has no
environment variable for it but merges ``--config FILE`` into its arguments (0.5.10 to 0.5.23), so
its keys travel in a file that only we can read and that is gone once the server is ready.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.credentials import HUB_TOKENS, key_name, service_of
from deployer.errors import Failure
from deployer.secret import may_name_secret
from deployer.serve.processes import read_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deployer.serve.inside import Inside

PREFIX, SUFFIX = ".engine-", ".yaml"
"""How the engine's key file is called around the number of the process that wrote it."""

SHORTEST = 16
"""Characters. A key guards an endpoint that is open to the internet; 16 of base64 are 96 bits."""

SHORTEST_NAMED = 8
"""Characters of a value that is called secret by the name of its variable alone."""

_BYTES = 32
"""256 bits: what `secrets` calls enough against guessing."""


def new_key() -> str:
    """Make a key. Hexadecimal: argparse takes a word that begins with a dash for a flag."""
    return secrets.token_hex(_BYTES)


def read_key(variable: str, environ: Mapping[str, str]) -> str:
    """Read the API key; '' if the release names no variable. Raises :class:`Failure`.

    A variable of another service (:mod:`deployer.credentials`) is not read at all.

    Only printable ASCII without spaces is taken: the key is sent in an HTTP header, and a line
    end that crept in with ``echo`` would otherwise make every request fail with 401.
    """
    if not variable:
        return ""
    refuse_foreign(variable)
    key = environ.get(variable, "")
    if not key:
        msg = f"the environment variable {variable}, which is to hold the API key, is not set"
        raise Failure(msg, hint=_hint(variable))
    return checked_key(key, variable)


def checked_key(key: str, where: str) -> str:
    """Give a key that was found in ``where``; raises :class:`Failure` for one that is none."""
    if not all("!" <= character <= "~" for character in key):
        msg = f"the API key in {where} contains a space, a control or a non-ASCII character"
        raise Failure(msg, hint=f"look for a line end at its end; {_hint(where)}")
    if len(key) < SHORTEST:
        msg = f"the API key in {where} has {len(key)} characters, fewer than {SHORTEST}"
        raise Failure(msg, hint=_hint(where))
    return key


def _hint(where: str) -> str:
    return f"set {where} to at least {SHORTEST} characters, e.g. from `openssl rand -hex 24`"


def refuse_foreign(variable: str) -> None:
    """Raise :class:`Failure` for a variable that holds another service's credential."""
    if key_name(variable) == "denied":
        service = service_of(variable)
        msg = f"{variable} is a variable of {service}, and is sent to no server as its key"
        raise Failure(msg, hint="name one of this server's own: `api_key_env: API_KEY`")


def secrets_of(keys: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give all that must never be printed: our keys, and what any variable's name calls secret.

    A value that is short is left out, which others will have written for another reason, and so is
    the path of a file.
    """
    named = (
        value.strip()
        for name, value in environ.items()
        if may_name_secret(name) and len(value.strip()) >= SHORTEST_NAMED
    )
    others = (value for value in named if not (value.startswith("/") and Path(value).exists()))
    return (*keys, *(environ.get(name, "").strip() for name in HUB_TOKENS), *others)


class KeyFile:
    """The file through which the engine gets its keys, in ``folder``, readable by us alone.

    ``folder`` is the deployment's own, so that nothing of a supervisor that is killed while its
    engine starts outlives the deployment; the next one there removes what it left.
    """

    def __init__(self, folder: Path, inside: Inside) -> None:
        for left in folder.glob(f"{PREFIX}*{SUFFIX}"):
            if not _writes_there(left):
                left.unlink(missing_ok=True)
        self.path = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        try:
            _write(self.path, inside)
        except OSError as error:
            msg = f"the engine's key file cannot be written: {error.strerror}"
            raise Failure(msg, hint=f"it belongs in {folder}") from error

    def words(self) -> tuple[str, ...]:
        """Give what the command line needs; two words, SGLang misreads ``--config=FILE``."""
        return ("--config", str(self.path))

    def remove(self) -> None:
        """Remove the file; may be called again."""
        self.path.unlink(missing_ok=True)


def _writes_there(left: Path) -> bool:
    """Whether the process that wrote a key file still runs: another start on its way."""
    number = left.name.removeprefix(PREFIX).partition("-")[0]
    return number.isdigit() and int(number) != os.getpid() and read_process(int(number)) is not None


def _write(path: Path, inside: Inside) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(file, "w") as out:
        # A JSON string of ASCII characters is a YAML double-quoted string.
        out.write(f"api-key: {json.dumps(inside.key)}\n")
        out.write(f"admin-api-key: {json.dumps(inside.admin_key)}\n")
