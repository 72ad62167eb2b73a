"""A repository of weights at one commit, as far as it is known: its files, and what they say.

The same value whether its facts are shipped (:mod:`deployer.facts.models.catalogue`), stand in a
lock, or were just read from the hub or from a folder: nobody who reads it need ask which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deployer.facts.gpus import GIB
from deployer.facts.models.config import (
    BESIDE,
    MissingFactsError,
    from_config,
    with_quantization,
)
from deployer.facts.models.model import Model
from deployer.facts.models.nested import flattened
from deployer.facts.models.parts import counted

Document = Mapping[str, Any]
"""A JSON object of a repository, parsed."""

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"

DOCUMENTS = (CONFIG, BESIDE, "generation_config.json", INDEX)
"""Small files that say something of a model; a repository need not have all of them."""

WEIGHTS = (".safetensors", ".gguf", ".bin", ".pt", ".pth")
"""Ends of the names of files that hold weights; the first kind that there is, is what is loaded."""


@dataclass(frozen=True, slots=True)
class RepoFile:
    """A file as the hub lists it: bytes, and its digest in hexadecimal, both empty if unknown.

    ``algorithm`` is ``sha256`` (large files) or ``git-sha1`` (the others).
    """

    path: str
    size: int = 0
    algorithm: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is known of a repository at a commit ('' where it is not known which).

    ``files`` is empty where nobody listed them. ``documents`` are its JSON files by name, those of
    :data:`DOCUMENTS` that are there. ``weight_bytes`` is what its weights take exactly, None where
    nothing says it. ``model`` is None where its configuration does not even say its shapes;
    ``not_understood`` lists whatever of it was not understood, in words. ``source`` says where it
    was read.
    """

    repo: str
    commit: str = ""
    files: tuple[RepoFile, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    weight_bytes: int | None = None
    model: Model | None = None
    not_understood: tuple[str, ...] = ()
    source: str = ""

    @property
    def scale(self) -> float:
        """What the weights really take, by what the shapes add up to.

        1 where nothing says what they take, or where they are converted as they are loaded; 0
        where the shapes say nothing, since the bytes of a weight are not known.
        """
        if self.model is None:
            return 0.0
        if self.weight_bytes is None:
            return 0.0 if self.model.quantization.unknown else 1.0
        whole = flattened(self.config)
        if str(whole.get("torch_dtype") or whole.get("dtype")) == "float32":
            return 1.0
        return self.weight_bytes / counted(self.model)

    @property
    def gib(self) -> float | None:
        """The GiB of its weights on a disk: exact, or as its shapes add up to; None if unknown."""
        if self.weight_bytes is None and (self.model is None or self.model.quantization.unknown):
            return None
        whole = (
            self.weight_bytes if self.model is None else self.weight_bytes or counted(self.model)
        )
        return None if whole is None else whole / GIB

    @property
    def config(self) -> Document:
        """The model's own `config.json`; empty where there is none."""
        return self.documents.get(CONFIG, {})


def from_files(
    repo: str,
    commit: str,
    documents: Mapping[str, Document],
    files: Iterable[RepoFile] = (),
    *,
    source: str = "",
) -> Checkpoint:
    """Read a repository's small files and the list of all: never raises, names what it can't."""
    listed = tuple(sorted(files, key=lambda file: file.path))
    model, unknown = _model(repo, documents, source)
    return Checkpoint(
        repo=repo,
        commit=commit,
        files=listed,
        documents=documents,
        weight_bytes=_exact(documents, listed),
        model=model,
        not_understood=unknown,
        source=source,
    )


def _model(
    repo: str, documents: Mapping[str, Document], source: str
) -> tuple[Model | None, tuple[str, ...]]:
    config = documents.get(CONFIG)
    if config is None:
        return None, (f"there is no `{CONFIG}`",)
    whole = with_quantization(config, documents.get(BESIDE, {}))
    try:
        return from_config(repo, whole, source)
    except MissingFactsError as error:
        return None, error.missing


def _exact(documents: Mapping[str, Document], files: tuple[RepoFile, ...]) -> int | None:
    """Give the bytes of all tensors: as the index says, or as the files of the first kind have."""
    said = documents.get(INDEX, {}).get("metadata")
    total = said.get("total_size") if isinstance(said, Mapping) else None
    if isinstance(total, int | float) and total > 0:
        return int(total)
    for kind in WEIGHTS:
        sizes = [file.size for file in files if file.path.endswith(kind) and "/" not in file.path]
        if sizes and all(sizes):
            return sum(sizes)
    return None
