"""The download: from the hub to a complete, proven and marked folder, again and again if killed.

The order on the volume is files, commit, marker, commit. A container that ends anywhere in
between leaves a folder without a marker, and the next one goes on from its bytes.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.release import COMMIT, SHELL, Beside
from deployer.serve.weights.clients import RANGES, fetcher
from deployer.serve.weights.hub import Hub
from deployer.serve.weights.lock import alone
from deployer.serve.weights.manifest import Manifest, read_listing
from deployer.serve.weights.marker import Complete, read_marker, remove_marker, write_marker
from deployer.serve.weights.needed import (
    ADAPTER_CONFIG,
    CONFIG,
    is_shard,
    lacks,
    needed,
    notes,
    shell,
)
from deployer.serve.weights.pace import PACE, Gate, Later, Pace, Patience
from deployer.serve.weights.part import drop_parts, part_size
from deployer.serve.weights.progress import Progress
from deployer.serve.weights.space import FULL, amount, doubt, too_full
from deployer.serve.weights.verify import problems, unlisted_shards, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deployer.event import Event
    from deployer.release import ModelSource
    from deployer.serve.weights.fetch import Fetcher
    from deployer.serve.weights.manifest import HubFile


def download(  # noqa: PLR0913 - keyword arguments, each a plain value
    model: ModelSource,
    *,
    commit: Callable[[], None],
    tell: Callable[[Event], None],
    environ: Mapping[str, str] = os.environ,
    pace: Pace = PACE,
    locked: Manifest | None = None,
    client: str = RANGES,
) -> Complete:
    """Fill ``model.path`` with what serving needs of a commit, and mark it complete.

    What there is comes from the hub, or from the ``locked`` manifest of that commit: then nothing
    but these very bytes is taken. Xet fetches what one answer of the hub cannot hold, and with the
    ``client`` ``xet`` any shard that it has; everything else comes by our own ranges.

    Complete already is done at once. ``commit`` persists the volume; it is called now and then,
    before the marker is written, and after. ``tell`` gets events of the phase ``weights``, at
    most one in two seconds while it goes on. The hub and the token are ``HF_ENDPOINT`` and
    ``HF_TOKEN`` of ``environ``. Raises :class:`Failure`; what is there then stays for next time.
    """
    progress = Progress(tell)
    folder = Path(model.path)
    try:
        check_pinned(model)
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            return _Download(model, commit, progress, environ, pace, locked, client).run()
    except Failure as failure:
        progress.failed(failure)
        raise
    except OSError as error:
        lost = broken(folder, error, progress.missing())
        progress.failed(lost)
        raise lost from error


class _Download:
    def __init__(  # noqa: PLR0913, PLR0917 - what `download` was given
        self,
        model: ModelSource,
        commit: Callable[[], None],
        progress: Progress,
        environ: Mapping[str, str],
        pace: Pace,
        locked: Manifest | None,
        client: str,
    ) -> None:
        self._model = model
        self._locked = locked
        self._client = client
        self._beside = isinstance(model, Beside)
        self._adapter = isinstance(model, Beside) and model.role == "adapter"
        self._folder = Path(model.path)
        self._commit = commit
        self._progress = progress
        self._pace = pace
        self._gate = Gate()
        self._hub = Hub.of(environ, pace)
        self._committed = (time.monotonic(), 0)

    def run(self) -> Complete:
        marker = read_marker(self._model.path)
        if isinstance(marker, Complete) and not verify(self._model):
            self._progress.done(f"complete already: {_summary(marker)}")
            return marker
        manifest = self._ask()
        # From here on files may change, and a marker, of whatever commit, must not vouch for them.
        remove_marker(self._model.path)
        self._fill(manifest)
        refuse(self._model.repo, problems(self._folder, manifest))
        drop_parts(self._folder)
        self._persist()
        complete = Complete.of(manifest, time.time())
        write_marker(self._model.path, complete)
        self._persist()
        missing = () if self._beside else notes(manifest.files)  # the model has a tokenizer
        self._progress.done("; ".join((_summary(complete), *missing)))
        return complete

    def _ask(self) -> Manifest:
        """Get the manifest of what serving needs."""
        repo, commit = self._model.repo, self._model.commit
        files = needed((self._locked or self._listed(repo, commit)).files)
        refuse(self._model.repo, lacks(files, ADAPTER_CONFIG if self._adapter else CONFIG))
        files = shell(files) if self._model.source == SHELL else files
        return Manifest(repo, commit, files)

    def _listed(self, repo: str, commit: str) -> Manifest:
        """Ask the hub for all that a commit has."""
        patience = Patience(f"asking {self._hub.name} for {repo}", self._pace, self._gate)
        listing = patience.until_done(partial(self._hub.listing, repo, commit), self._waits)
        return read_listing(repo, commit, listing)

    def _waits(self, later: Later) -> None:
        self._progress.trouble("", f"waiting because {later.reason}")
        self._progress.tick()

    def _fill(self, manifest: Manifest) -> None:
        """Fetch the small files first: the index among them tells if the hub has all shards."""
        there = sum(_size_there(self._folder, file) for file in manifest.files)
        count, size = len(manifest.files), manifest.size()
        self._progress.plan(count, size, there)
        note = doubt(self._folder, size - there)
        text = f"{amount(size)} in {count} files of {manifest.repo} at {manifest.commit[:12]}"
        text += f", {amount(there)} of them here already" if there else ""
        self._progress.started(f"{text}; {note}" if note else text)
        fetcher = self._fetcher(manifest)
        self._all(fetcher, (file for file in manifest.files if not is_shard(file.path)))
        refuse(self._model.repo, unlisted_shards(self._folder, manifest))
        self._all(fetcher, (file for file in manifest.files if is_shard(file.path)))

    def _fetcher(self, manifest: Manifest) -> Fetcher:
        return fetcher(
            self._hub,
            manifest,
            self._folder,
            self._progress,
            pace=self._pace,
            gate=self._gate,
            client=self._client,
            wide_above=self._pace.one_answer,
        )

    def _all(self, fetcher: Fetcher, files: Iterable[HubFile]) -> None:
        with ThreadPoolExecutor(self._pace.workers, thread_name_prefix="weights") as pool:
            futures = [pool.submit(fetcher.settle, file) for file in files]
            try:
                self._watch(set(futures))
            except BaseException:
                self._gate.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _watch(self, pending: set[Future[None]]) -> None:
        """Wait for files, tell how far it is, commit now and then; raise what a file raises."""
        while pending:
            done, pending = wait(pending, self._pace.tick, FIRST_EXCEPTION)
            for future in done:
                future.result()
            self._progress.tick()
            self._commit_if_due()

    def _commit_if_due(self) -> None:
        now, arrived = time.monotonic(), self._progress.arrived()
        then, before = self._committed
        if arrived == before:
            return
        if arrived - before >= self._pace.commit_bytes or now - then >= self._pace.commit_seconds:
            try:
                self._persist()
            except Failure as failure:  # there is a next time
                self._progress.trouble("volume", failure.message)
            self._committed = (time.monotonic(), arrived)

    def _persist(self) -> None:
        try:
            self._commit()
        except Exception as error:
            message = f"the volume could not be committed: {type(error).__name__}"
            hint = f"start again, what is there already stays: {error}"
            raise Failure(message, hint=hint) from error


def refuse(repo: str, found: tuple[str, ...]) -> None:
    """Raise :class:`Failure` for what a repository lacks."""
    if found:
        message = f"{repo} is not complete: {'; '.join(found)}"
        raise Failure(message, hint="this is how the hub has it; is it the right revision?")


def check_pinned(model: ModelSource) -> None:
    """Raise :class:`Failure` for a model whose revision nobody has looked up."""
    if COMMIT.fullmatch(model.commit) is None:
        message = f"no commit of {model.repo} is known for the revision `{model.revision}`"
        raise Failure(message, hint="`deployer apply` looks it up and records it")


def _size_there(folder: Path, file: HubFile) -> int:
    try:
        size = (folder / file.path).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        size = -1
    return size if size == file.size else part_size(folder, file)


def _summary(complete: Complete) -> str:
    where = f"{complete.repo} at {complete.commit[:12]}"
    return f"{len(complete.files)} files, {amount(complete.bytes)} of {where}, proven"


def broken(folder: Path, error: OSError, missing: int) -> Failure:
    """Describe a folder that cannot be filled, ``missing`` bytes before its end."""
    if error.errno in FULL and folder.is_dir():
        return too_full(folder, missing)
    return Failure(f"{folder} cannot be filled: {error.strerror or error}")
