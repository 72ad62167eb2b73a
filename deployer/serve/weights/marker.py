"""The completion marker: written last, and only when every file has been proven."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.codec import decode_json, encode
from deployer.files import write_whole
from deployer.serve.weights.manifest import OWN_FOLDER, HubFile, Manifest
from deployer.serve.weights.needed import is_shard

if TYPE_CHECKING:
    from deployer.release import ModelSource

MARKER = f"{OWN_FOLDER}/complete.json"
"""The marker's path inside the folder of the weights."""

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Complete:
    """What was complete when ``finished`` (seconds since the epoch): a commit and all its files.

    ``manifest`` is the digest of the hub's manifest, ``files`` are those that it lists and that
    were downloaded, ``bytes`` their sizes together.
    """

    repo: str
    commit: str
    manifest: str
    files: tuple[HubFile, ...]
    bytes: int
    finished: float
    format_version: int = FORMAT_VERSION

    @classmethod
    def of(cls, manifest: Manifest, finished: float) -> Complete:
        """Make the marker of a manifest whose files are all there."""
        files, size = manifest.files, manifest.size()
        return cls(manifest.repo, manifest.commit, manifest.digest(), files, size, finished)

    @property
    def tensors(self) -> int:
        """The bytes of the files that hold tensors, their headers included."""
        return sum(file.size for file in self.files if is_shard(file.path))

    def fits(self, model: ModelSource) -> tuple[str, ...]:
        """Say why this is not the marker of a model's weights; nothing if it is."""
        reasons = []
        if self.repo != model.repo:
            reasons.append(f"the weights are those of {self.repo}, not of {model.repo}")
        if model.commit and self.commit != model.commit:
            reasons.append(f"the weights are of commit {self.commit}, not {model.commit}")
        if Manifest(self.repo, self.commit, self.files).digest() != self.manifest:
            reasons.append("the marker's list of files does not fit its own digest")
        return tuple(reasons)

    def to_json(self) -> str:
        """Write the marker's text."""
        return json.dumps(encode(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Complete:
        """Read the marker's text; raises ``ValueError`` for anything else."""
        return decode_json(cls, text, FORMAT_VERSION)


def read_marker(path: str) -> Complete | str:
    """Read the marker in the folder ``path``; a text says why there is none."""
    marker = Path(path) / MARKER
    try:
        return Complete.from_json(marker.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return f"the download into {path} has not been completed: there is no {MARKER}"
    except (OSError, ValueError) as error:
        return f"the marker {marker} cannot be read: {error}"


def write_marker(path: str, complete: Complete) -> None:
    """Write the marker so that it is there whole or not at all. Raises ``OSError``."""
    marker = Path(path) / MARKER
    marker.parent.mkdir(parents=True, exist_ok=True)
    write_whole(marker, complete.to_json())


def remove_marker(path: str) -> None:
    """Take the marker away: files change from here on."""
    (Path(path) / MARKER).unlink(missing_ok=True)
