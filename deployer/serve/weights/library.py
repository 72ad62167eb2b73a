"""Spans and whole files by huggingface_hub: only the image of the download holds it.

Its HTTP code fetches the spans, retried and resumed as the hub's own authors do it; where it brings
nothing, or ends with an error, our ranges go on from the byte. A file that only Xet serves comes by
hf_xet, whole, and is hashed afterwards. What arrives is proven by us in either case.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get, xet_get
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils.tqdm import disable_progress_bars

from deployer.serve.weights.asking import host_of
from deployer.serve.weights.pace import Later

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from huggingface_hub import HfFileMetadata

    from deployer.serve.weights.hub import Hub
    from deployer.serve.weights.manifest import HubFile, Manifest
    from deployer.serve.weights.pace import Gate, Pace
    from deployer.serve.weights.progress import Progress
    from deployer.serve.weights.ways import Claim, Way

disable_progress_bars()
# It writes the addresses that the hub redirects to into its warnings, and each is a pass.
logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)


class Library:
    """Fetches spans by huggingface_hub; ``otherwise`` goes on where it does not."""

    def __init__(
        self,
        hub: Hub,
        manifest: Manifest,
        otherwise: Way,
        progress: Progress,
        pace: Pace,
        gate: Gate,
    ) -> None:
        self._hub = hub
        self._manifest = manifest
        self._otherwise = otherwise
        self._progress = progress
        self._pace = pace
        self._gate = gate
        self._known: dict[str, HfFileMetadata] = {}
        self._lock = threading.Lock()
        self._stalled = False

    def fetch(self, file: HubFile, claim: Claim) -> None:
        """Fetch what is left of a claim. Raises as :class:`Way` says."""
        if not self._stalled:
            try:
                self._by_library(file, claim)
            except _Stalled as stalled:
                self._stalled = True
                self._progress.note(f"{file.path}: {stalled}; going on by our own ranges")
        if claim.left:
            self._otherwise.fetch(file, claim)

    def by_xet(self, file: HubFile, path: Path) -> bool:
        """Fetch a whole file by Xet to ``path``; False where it cannot be had so.

        Raises ``Stopped`` and :class:`Later`.
        """
        try:
            metadata = self._metadata(file)
            if (stored := metadata.xet_file_data) is None:
                return False
            work = _Work(
                lambda: xet_get(
                    incomplete_path=path,
                    xet_file_data=stored,
                    headers=self._headers(token=True),
                    expected_size=file.size,
                )
            )
            work.watch(lambda: _written(path), self._pace, self._gate)
        except _Stalled as stalled:
            raise Later(str(stalled)) from None
        return True

    def _by_library(self, file: HubFile, claim: Claim) -> None:
        metadata = self._metadata(file)
        # The pass of a redirect and the token must not meet, and the token is the hub's alone.
        own = host_of(metadata.location, "") == host_of(self._hub.endpoint, "")
        headers = self._headers(token=own)
        headers["Range"] = f"bytes={claim.at}-{claim.end - 1}"
        sink = _Sink(claim)
        work = _Work(
            lambda: http_get(metadata.location, sink, headers=headers, expected_size=claim.left)  # type: ignore[arg-type]
        )
        try:
            work.watch(lambda: claim.at, self._pace, self._gate)
        finally:
            sink.close()

    def _metadata(self, file: HubFile) -> HfFileMetadata:
        with self._lock:
            if file.path not in self._known:
                repo, commit = self._manifest.repo, self._manifest.commit
                endpoint = self._hub.endpoint
                url = hf_hub_url(repo, file.path, revision=commit, endpoint=endpoint)
                found: list[HfFileMetadata] = []
                work = _Work(
                    lambda: found.append(
                        get_hf_file_metadata(url, token=self._hub.token or False, endpoint=endpoint)
                    )
                )
                work.watch(lambda: 0, self._pace, self._gate)
                self._known[file.path] = found[0]
            return self._known[file.path]

    def _headers(self, *, token: bool) -> dict[str, str]:
        return build_hf_headers(token=(self._hub.token or False) if token else False)


class _Stalled(Exception):
    """huggingface_hub brings nothing, or has given up."""


class _Sink:
    """What huggingface_hub takes for a file: its chunks go into a claim, until it is closed."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._lock = threading.Lock()
        self._closed = False

    def write(self, piece: bytes) -> int:
        """Take a chunk. Raises ``OSError`` where nobody waits for it any more, and for too much."""
        with self._lock:
            if self._closed or len(piece) > self._claim.left:
                message = "more arrives than was asked for"
                raise OSError(message)
            self._claim.take(piece)
        return len(piece)

    def close(self) -> None:
        """Take nothing more: whoever still fetches is left behind."""
        with self._lock:
            self._closed = True


class _Work:
    """A call of the library in a thread of its own, which is left behind where it stalls."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._over = threading.Event()
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="library", daemon=True).start()

    def watch(self, moved: Callable[[], int], pace: Pace, gate: Gate) -> None:
        """Wait for its end. Raises :class:`_Stalled` where it fails, or ``moved`` stands still."""
        at, since = moved(), time.monotonic()
        while not self._over.wait(pace.tick):
            gate.check()
            if (now := moved()) != at:
                at, since = now, time.monotonic()
            if time.monotonic() - since > pace.read_timeout:
                message = f"huggingface_hub brought nothing for {pace.read_timeout:g} s"
                raise _Stalled(message)
        gate.check()
        if self._error is not None:
            # Its message may hold the address of a redirect, which is a pass.
            message = f"huggingface_hub failed ({type(self._error).__name__})"
            raise _Stalled(message) from None

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001 - told by `watch`
            self._error = error
        self._over.set()


def _written(path: Path) -> int:
    """Give the bytes of a file that are on the disk, holes left out."""
    try:
        return path.stat().st_blocks * 512
    except OSError:
        return 0
