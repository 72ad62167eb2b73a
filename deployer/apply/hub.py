"""What a repository is today: the hub's answers, asked on the machine that deploys.

It is the client of the download that asks, so that both refuse in the same words.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from deployer.codec import DecodeError, read_json
from deployer.credentials import HUB_TOKEN
from deployer.errors import Failure
from deployer.facts.models.checkpoint import DOCUMENTS, INDEX, RepoFile
from deployer.late import compile_pattern
from deployer.lock.lock import LockedRepository
from deployer.release import COMMIT
from deployer.serve.weights.hub import ENDPOINT_VARIABLE, Hub
from deployer.serve.weights.manifest import HubFile, Manifest, read_listing
from deployer.serve.weights.needed import ADAPTER_CONFIG
from deployer.serve.weights.pace import Gate, Pace, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from deployer.facts.models.checkpoint import Document
    from deployer.lock.wanted import Wanted

PACE = Pace(idle_tries=2, tries=4, first_wait=0.5, longest_asked=10.0, read_timeout=20.0)
"""Somebody waits for the answer."""

ONCE = replace(PACE, idle_tries=0, tries=0)
"""Nobody waits for an answer that can be done without."""

LARGEST = {INDEX: 64_000_000}
"""Bytes of a document that are read, where that is more than :data:`SMALL`: the index of
DeepSeek-V3 has 9 MB."""

SMALL = 2_000_000
"""Bytes of another document. The longest lists of layers in a `config.json` have about 300,000."""

LARGE = 64_000_000
"""Bytes of a file of a tokenizer: the largest vocabularies have about 35 MB."""

_NAME = compile_pattern(r"[A-Za-z0-9._-]{1,96}(/[A-Za-z0-9._-]{1,96})?")


def resolve(repo: str, revision: str, environ: Mapping[str, str], *, pace: Pace = PACE) -> str:
    """Give the commit, 40 hexadecimal digits, that a branch, a tag or a commit means.

    The hub is ``HF_ENDPOINT``; the token ``HF_TOKEN`` or the one that ``hf auth login`` saved.
    Raises :class:`Failure`: no such repository or revision, gated or private, the hub out of reach
    or asked too often.
    """
    hub = Hub.of(_with_token(environ), pace)
    patience = Patience(f"asking {hub.name} for {repo}", pace, Gate())
    listing = patience.until_done(partial(hub.listing, repo, revision, files=False))
    return _commit(hub, repo, revision, listing)


def describe(wanted: Wanted, environ: Mapping[str, str], *, pace: Pace = PACE) -> LockedRepository:
    """Ask for a repository's commit, its files, and what its small ones say.

    What arrives has the hash that the hub states, or is refused. Raises :class:`Failure` as
    :func:`resolve` does.
    """
    hub = Hub.of(_with_token(environ), pace)
    repo, revision = wanted.repo, wanted.revision
    patience = Patience(f"asking {hub.name} for {repo}", pace, Gate())
    listing = patience.until_done(partial(hub.listing, repo, revision))
    manifest = read_listing(repo, _commit(hub, repo, revision, listing), listing)
    called = _called(listing)
    names = {*DOCUMENTS, ADAPTER_CONFIG}
    found = {
        file.path: patience.until_done(partial(_document, hub, manifest, file))
        for file in manifest.files
        if file.path in names
    }
    return LockedRepository(
        role=wanted.role,
        repo=repo,
        revision=revision,
        commit=manifest.commit,
        files=tuple(RepoFile(f.path, f.size, f.algorithm, f.digest) for f in manifest.files),
        documents=found,
        called=called if called != repo else "",
    )


def fetch(
    repo: str,
    revision: str,
    names: Collection[str],
    into: Path,
    environ: Mapping[str, str],
    *,
    pace: Pace = PACE,
) -> None:
    """Put small files of a repository into a folder; of those names that it has none, none.

    What arrives has the hash that the hub states. Raises :class:`Failure` as :func:`resolve` does.
    """
    hub = Hub.of(_with_token(environ), pace)
    patience = Patience(f"asking {hub.name} for {repo}", pace, Gate())
    listing = patience.until_done(partial(hub.listing, repo, revision))
    manifest = read_listing(repo, _commit(hub, repo, revision, listing), listing)
    for file in manifest.files:
        if file.path in names:
            content = patience.until_done(partial(_content, hub, manifest, file, LARGE))
            (into / file.path).write_bytes(content)


def list_files(
    repo: str, commit: str, environ: Mapping[str, str], *, pace: Pace = ONCE
) -> Manifest:
    """Ask for the files of a commit. Raises :class:`Failure` as :func:`resolve` does."""
    hub = Hub.of(_with_token(environ), pace)
    patience = Patience(f"asking {hub.name} for {repo}", pace, Gate())
    listing = patience.until_done(partial(hub.listing, repo, commit))
    return read_listing(repo, commit, listing)


def manifest_of(locked: LockedRepository) -> Manifest:
    """Give what a lock lists of a repository, as the download takes it."""
    files = (HubFile(f.path, f.size, f.algorithm, f.digest) for f in locked.files)
    return Manifest(locked.repo, locked.commit, tuple(files))


def hub_name(environ: Mapping[str, str]) -> str:
    """Name the hub that is asked."""
    return Hub.of({**environ, HUB_TOKEN: ""}).name


def _commit(hub: Hub, repo: str, revision: str, listing: object) -> str:
    commit = listing.get("sha") if isinstance(listing, dict) else None
    if not isinstance(commit, str) or COMMIT.fullmatch(commit) is None:
        message = f"{hub.name} does not say which commit {revision} of {repo} is"
        raise Failure(message, hint=f"look at {ENDPOINT_VARIABLE}")
    return commit


def _called(listing: object) -> str:
    """Give the repository's name as the hub has it: it redirects from a name of before."""
    found = listing.get("id") if isinstance(listing, dict) else None
    return found if isinstance(found, str) and _NAME.fullmatch(found) else ""


def _content(hub: Hub, manifest: Manifest, file: HubFile, most: int) -> bytes:
    """Read a file. Raises :class:`Failure` where it is too long, or not what the hub states."""
    where = f"{file.path} of {manifest.repo}"
    if file.size > most:
        message = f"{where} has {file.size:,} bytes, so it is not read"
        raise Failure(message, hint=f"it should have at most {most:,}; is it the right revision?")
    content = hub.document(manifest.repo, manifest.commit, file.path, most)
    hasher = file.hasher()
    hasher.update(content)
    if hasher.hexdigest() != file.digest:
        message = f"{where} arrived with other bytes than {hub.name} states of it"
        raise Failure(message, hint="something between here and the hub changes what it sends")
    return content


def _document(hub: Hub, manifest: Manifest, file: HubFile) -> Document:
    """Read a small file. Raises :class:`Failure` where it is none, or not what the hub states."""
    content = _content(hub, manifest, file, LARGEST.get(file.path, SMALL))
    where = f"{file.path} of {manifest.repo}"
    try:
        found = read_json(content, constants=True)
    except DecodeError as error:
        message = f"{where} cannot be read: {error}"
        raise Failure(message, hint="this is how the hub has it") from None
    if not isinstance(found, dict):
        message = f"{where} is no JSON object"
        raise Failure(message, hint="this is how the hub has it; is it the right revision?")
    return _SHORTENED.get(file.path, dict)(found)


def _without_tensors(index: dict[str, object]) -> dict[str, object]:
    """Keep of an index what is said of all tensors: the list of each is megabytes."""
    return {name: value for name, value in index.items() if name != "weight_map"}


_SHORTENED: dict[str, Callable[[dict[str, object]], dict[str, object]]] = {INDEX: _without_tensors}


def _with_token(environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get(HUB_TOKEN):
        return dict(environ)
    try:
        from huggingface_hub import get_token  # noqa: PLC0415 - a fifth of a second, rarely needed
    except ModuleNotFoundError:  # the extra `hub`; what was logged in is not looked for then
        return dict(environ)
    return {**environ, HUB_TOKEN: get_token() or ""}
