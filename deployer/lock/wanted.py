"""What a release names that only somebody else can say the meaning of: what a lock holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployer.codec import DecodeError, read_json
from deployer.lock.lock import Role
from deployer.release import Release

MAIN = "main"
"""The branch that the hub, and the engine, take where no revision is said."""

DRAFTS = ("--speculative-draft-model-path", "--speculative-draft-model")
DRAFT_REVISION = "--speculative-draft-model-revision"
ADAPTERS = "--lora-paths"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository of the hub that a release names, with the revision that it states."""

    role: Role
    repo: str
    revision: str


def wanted(release: Release) -> tuple[Wanted, ...]:
    """Give the repositories that a release names: the model, its drafts, its adapters.

    A folder is none: what lies in it is its owner's.
    """
    found = [*_model(release), *_drafts(release), *_adapters(release)]
    return tuple(dict.fromkeys(found))


def names_nothing(release: Release) -> bool:
    """Whether a release names neither a repository nor an image."""
    return not wanted(release) and not release.engine.image


def _model(release: Release) -> Iterator[Wanted]:
    if release.model.source == "huggingface":
        yield Wanted("model", release.model.repo, release.model.revision)


def _drafts(release: Release) -> Iterator[Wanted]:
    revision = next(iter(_values(release, DRAFT_REVISION)), MAIN)
    for flag in DRAFTS:
        for name in _values(release, flag):
            if _on_the_hub(name):
                yield Wanted("draft", name, revision)


def _adapters(release: Release) -> Iterator[Wanted]:
    """Read `NAME=REPO`, `REPO`, or the JSON of one (``LoRAPathAction`` in SGLang 0.5.23)."""
    for word in _values(release, ADAPTERS):
        name = _path_of(word)
        if _on_the_hub(name):
            yield Wanted("adapter", name, MAIN)


def _path_of(word: str) -> str:
    if not word.startswith("{"):
        return word.partition("=")[2] or word
    try:
        found = read_json(word)
    except DecodeError:
        return ""
    path = found.get("lora_path") if isinstance(found, dict) else None
    return path if isinstance(path, str) else ""


def _values(release: Release, flag: str) -> tuple[str, ...]:
    return tuple(v for a in release.arguments if a.flag == flag for v in a.values)


def _on_the_hub(name: str) -> bool:
    return bool(name) and not name.startswith(("/", ".", "~")) and ":" not in name
