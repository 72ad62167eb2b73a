"""The whole log of a local deployment, and whether its engine ended by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.local.events import last_event
from deployer.apply.local.folder import existing
from deployer.errors import Failure

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WholeLog:
    """A log's bytes, oldest first; ``failed`` is whether the supervisor told of a failure."""

    blocks: Iterator[bytes]
    failed: bool


def whole_log(name: str, environ: Mapping[str, str]) -> WholeLog:
    """Give all that is kept of a log, also of before its last rotation.

    Raises NotThere, with a near name, for no such deployment, and Failure where there is no log.
    """
    folder = existing(name, environ)
    log = folder.engine_log
    paths = [path for path in (log.with_name(f"{log.name}.1"), log) if path.exists()]
    if not paths:
        message = f"there is no engine log of `{folder.name}`: {log} is not there"
        raise Failure(message, hint=f"`deployer status {folder.name}` says how it stands")
    last = last_event(folder.events, 0)
    failed = last is not None and (last.phase, last.state) == ("ended", "failed")
    return WholeLog(_blocks(paths), failed)


def _blocks(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    yield block
        except OSError as error:
            message = f"{path}: {error.strerror or error}"
            raise Failure(message) from error
