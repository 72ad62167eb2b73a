"""Compiling a release's kernels once, and leaving them on the volume with the proof.

They are compiled on the container's own disk, because DeepGEMM writes many small files and locks
(``fcntl.flock``), and are copied as they come (:mod:`deployer.serve.kernels.keeping`). What the
volume has already is copied to the disk first, so that only new kernels are compiled.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deployer.behaviour.kernel_key import key_of
from deployer.behaviour.kernel_need import config_at, expected, unused
from deployer.errors import Failure, Interrupted
from deployer.event import Event
from deployer.release import Listen, Release
from deployer.serve.bell import Bell
from deployer.serve.engine_version import agreed
from deployer.serve.inside import LOOPBACK
from deployer.serve.kernels.command import compile_environment, compile_words
from deployer.serve.kernels.entries import Entry, complete_entries, copy_entries
from deployer.serve.kernels.keeping import Keeper
from deployer.serve.kernels.marker import (
    Marker,
    Version,
    list_digest,
    read_marker,
    write_marker,
)
from deployer.serve.kernels.run import Compilation, CompileFailure, Job
from deployer.serve.kernels.stop import Stop
from deployer.serve.kernels.verify import verify
from deployer.serve.kernels.versions import found_versions
from deployer.serve.key import secrets_of
from deployer.serve.redact import Redactor
from deployer.serve.timeline import Timeline

BUDGET = 3600.0
"""Seconds; upstream's own default for ``--timeout`` (``sglang/compile_deep_gemm.py``)."""

PHASE = "kernels"


def compile_kernels(  # noqa: PLR0913 - keyword arguments, each a plain value
    release: Release,
    *,
    cache: Path,
    commit: Callable[[], None],
    tell: Callable[[Event], None],
    environ: Mapping[str, str] = os.environ,
    local: Path | None = None,
    command: Sequence[str] | None = None,
    budget: float = BUDGET,
    stream: io.RawIOBase | None = None,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
) -> Marker:
    """Make the kernel cache complete for ``release``, and give the marker that proves it.

    ``cache`` is the volume, ``commit`` makes what was written there last, ``local`` a folder to
    compile in (a temporary one if None). ``command`` replaces the whole command line, for tests.
    ``budget`` is in seconds. The redacted output goes to ``stream``, which must be unbuffered.

    A model that needs no kernels, such as one of BF16, gets a marker without any, and an event
    that says so: it is asked once, not at every apply. Raises :class:`CompileFailure` when the
    compilation dies, hangs, or leaves no kernels though the release must have some. Raises
    :class:`Failure` for a volume that cannot be written and :class:`Interrupted` after SIGTERM.
    Kernels that are whole are on the volume then, and after SIGINT, too; after SIGKILL those that
    were there a minute before. However it returns, no process is left; only
    SIGKILL to this very process can leave the engine's children to their own end.
    """
    key = environ.get(release.listen.api_key_variable, "")
    redactor = Redactor(secrets_of((key,), environ))
    timeline = Timeline(tell, redactor, clock, now)
    bell = Bell()
    stop = Stop(bell)
    with stop.on_sigterm(), _own_or_temporary(local) as folder:
        words = tuple(command or compile_words(release, budget))
        variables = compile_environment(release, environ, folder, key)
        listen = Listen(LOOPBACK, release.listen.port, "")
        job = Job(words, variables, listen, budget)
        compilation = Compilation(
            job, redactor, bell=bell, stream=stream, guard=stop.check, clock=clock
        )
        task = _Task(release, cache, folder, commit, timeline, stop, compilation, clock, now)
        ask = partial(agreed, release.engine, variables)
        return task.run(ask, found_versions(words[0], variables))


@contextmanager
def _own_or_temporary(local: Path | None) -> Iterator[Path]:
    if local is not None:
        local.mkdir(parents=True, exist_ok=True)
        yield local
        return
    with tempfile.TemporaryDirectory(prefix="deployer-kernels-") as made:
        yield Path(made)


@dataclass(frozen=True, slots=True)
class _Task:
    """One call of :func:`compile_kernels`, with all that it was given."""

    release: Release
    cache: Path
    local: Path
    commit: Callable[[], None]
    timeline: Timeline
    stop: Stop
    compilation: Compilation
    clock: Callable[[], float]
    now: Callable[[], float]

    def run(self, ask: Callable[[], str], versions: tuple[Version, ...]) -> Marker:
        """Do it; ``ask`` says what is to be told about the engine's version, or refuses it."""
        self.timeline.start(PHASE, f"looking at the kernel cache {self.cache}")
        began = self.clock()
        try:
            if said := ask():
                self.timeline.progress(said)
            lacks = verify(self.release, self.cache, versions)
            marker = None if lacks else read_marker(self.cache, key_of(self.release))
            if marker is not None:
                self.timeline.done(f"complete, nothing to compile: {marker.summary()}")
                return marker
            entries, note = self._kernels("; ".join(lacks))
            marker = self._prove(entries, note, versions, self.clock() - began)
        except CompileFailure as failure:
            hints = (failure.hint,) if failure.hint else ()
            self.timeline.fail(failure.message, (*hints, *failure.detail))
            raise
        except (Failure, Interrupted) as failure:
            self.timeline.fail(failure.message, (failure.hint,) if failure.hint else ())
            raise
        self.timeline.done(f"complete: {marker.summary()}")
        return marker

    def _kernels(self, because: str) -> tuple[tuple[Entry, ...], str]:
        """Give the kernels of the release, now on the volume, or why there are none."""
        if why := unused(self.release, config_at(Path(self.release.model.path))):
            return (), why
        had = copy_entries(self.cache, self.local, self.stop.check)
        kept = f" ({len(had)} kernels of the volume may serve again)" if had else ""
        self.timeline.progress(f"kernels compile, because {because}{kept}")
        before = frozenset(complete_entries(self.local))
        keeper = Keeper(
            self.local, self.cache, self.commit, self.timeline, self.stop.check, self.clock
        )
        try:
            at_work = self.compilation.run(partial(self._report, keeper), keeper.at_the_signal)
            entries = complete_entries(self.local)
            if at_work or set(entries) - before:
                self._some(entries)
                keeper.at_the_end()
                return entries, ""
        except (CompileFailure, Interrupted, KeyboardInterrupt):
            keeper.at_the_signal()
            raise
        # What lies there came from the volume, and nobody knows whether this release uses it.
        return (), self._none()

    def _report(self, keeper: Keeper, line: str) -> None:
        count = len(complete_entries(self.local))
        self.timeline.progress(f"{count} kernels so far: {line}" if line else "no output yet")
        keeper.now_and_then()

    def _some(self, entries: tuple[Entry, ...]) -> None:
        if not entries:
            msg = "the engine spoke of kernels, and none of them is in the folder it was given"
            hint = "does the image's DeepGEMM keep its cache elsewhere? see SGLANG_DG_CACHE_DIR"
            raise CompileFailure(msg, hint=hint)

    def _none(self) -> str:
        """Say why there are none; raises where there must be some."""
        if why := expected(self.release):
            msg = f"the compilation ended well and left no kernels, although {why}"
            hint = (
                "is DeepGEMM in the image, with nvcc? if the model is to be served without it, "
                "state kernels of another kind (--fp8-gemm-backend)"
            )
            raise CompileFailure(msg, hint=hint)
        self.timeline.progress("warning: the engine compiled no kernels and spoke of none")
        return "this model and GPU use none of DeepGEMM"

    def _prove(
        self, entries: tuple[Entry, ...], note: str, versions: tuple[Version, ...], seconds: float
    ) -> Marker:
        """Write the marker, last of all, and look once more."""
        marker = Marker(
            key=key_of(self.release),
            versions=versions,
            entries=entries,
            digest=list_digest(entries),
            written=self.now(),
            seconds=round(seconds, 3),
            note=note,
        )
        self.stop.check()
        try:
            write_marker(self.cache, marker)
        except OSError as error:
            msg = f"the marker of the kernel cache cannot be written: {error.strerror}"
            raise Failure(msg) from error
        self.commit()
        if lacks := verify(self.release, self.cache, versions):
            msg = f"the kernel cache is not complete after all: {'; '.join(lacks)}"
            raise Failure(msg)
        return marker
