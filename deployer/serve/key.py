"""The API key on its way from the supervisor's environment into the engine.

It must not be an argument: every user of the machine can read those with ``ps``. SGLang has no
environment variable for it but merges ``--config FILE`` into its arguments (0.5.10 to 0.5.23), so
the key travels in a file that only we can read and that is gone once the server is ready.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.credentials import key_name, service_of
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST = 16
"""Characters. A key guards an endpoint that is open to the internet; 16 of base64 are 96 bits."""

HUB_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""Where huggingface_hub looks for a token; the engine needs it, its log must not show it."""


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
    hint = f"set {variable} to at least {SHORTEST} characters, e.g. from `openssl rand -hex 24`"
    if not key:
        msg = f"the environment variable {variable}, which is to hold the API key, is not set"
        raise Failure(msg, hint=hint)
    if not all("!" <= character <= "~" for character in key):
        msg = f"the API key in {variable} contains a space, a control or a non-ASCII character"
        raise Failure(msg, hint=f"look for a line end at its end; {hint}")
    if len(key) < SHORTEST:
        msg = f"the API key in {variable} has {len(key)} characters, fewer than {SHORTEST}"
        raise Failure(msg, hint=hint)
    return key


def refuse_foreign(variable: str) -> None:
    """Raise :class:`Failure` for a variable that holds another service's credential."""
    if key_name(variable) == "denied":
        service = service_of(variable)
        msg = f"{variable} is a variable of {service}, and is sent to no server as its key"
        raise Failure(msg, hint="name one of this server's own: `api_key_env: API_KEY`")


def secrets_of(key: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give all that must never be printed."""
    return (key, *(environ.get(name, "").strip() for name in HUB_VARIABLES))


class KeyFile:
    """The file through which the engine gets its key, in a folder that only we can enter.

    A supervisor that is killed while the engine starts leaves the file behind, readable by its
    owner alone.
    """

    def __init__(self, key: str) -> None:
        self.path: Path | None = None
        if key:
            try:
                self.path = _write(key)
            except OSError as error:
                msg = f"the engine's key file cannot be written: {error.strerror}"
                raise Failure(msg, hint="TMPDIR names the folder for such files") from error

    def words(self) -> tuple[str, ...]:
        """Give what the command line needs; two words, SGLang misreads ``--config=FILE``."""
        return ("--config", str(self.path)) if self.path else ()

    def remove(self) -> None:
        """Remove the file and its folder; may be called again."""
        if self.path:
            shutil.rmtree(self.path.parent, ignore_errors=True)


def _write(key: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix="deployer-serve-")) / "engine.yaml"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as out:
        # A JSON string of ASCII characters is a YAML double-quoted string.
        out.write(f"api-key: {json.dumps(key)}\n")
    return path
