"""Spans and whole files by huggingface_hub: only the image of the download holds it.

Its HTTP code fetches the spans, retried and resumed as the hub's own authors do it; where it brings
nothing, or ends with an error, our ranges go on from the byte. hf_xet fetches whole files. What
arrives is proven by us in either case.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get, xet_get
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._xet import abort_xet_session, refresh_xet_connection_info
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

T = TypeVar("T")

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

    def by_xet(self, file: HubFile, path: Path, arrived: Callable[[int], None]) -> bool:
        """Fetch a whole file by Xet to ``path``; False where the hub has it not there.

        ``arrived`` is called now and then, with the bytes that were written since. Raises
        ``Stopped`` and :class:`Later`; nothing is at work then any more.
        """
        counter = _Counter(arrived)
        try:
            stored = self._metadata(file).xet_file_data
            # The way to a token for Xet is shown the hub's: it must be the hub's own.
            if stored is None or not self._is_hub(stored.refresh_route):
                return False
            headers = self._headers(token=True)
            # Apart from the rest, which can be aborted, and finds the token known then.
            self._answer(lambda: refresh_xet_connection_info(file_data=stored, headers=headers))
            work = _Work(
                lambda: xet_get(
                    incomplete_path=path,
                    xet_file_data=stored,
                    headers=headers,
                    expected_size=file.size,
                    _tqdm_bar=counter,
                )
            )
            work.watch(counter.moved, self._pace, self._gate)
        except BaseException as error:
            # It would write on, and hold what it has in memory.
            abort_xet_session()  # type: ignore[no-untyped-call]
            if isinstance(error, _Stalled):
                raise Later(str(error)) from None
            raise
        return True

    def _by_library(self, file: HubFile, claim: Claim) -> None:
        metadata = self._metadata(file)
        # The pass of a redirect and the token must not meet, and the token is the hub's alone.
        headers = self._headers(token=self._is_hub(metadata.location))
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
                self._known[file.path] = self._answer(
                    lambda: get_hf_file_metadata(
                        url, token=self._hub.token or False, endpoint=endpoint
                    )
                )
            return self._known[file.path]

    def _answer(self, ask: Callable[[], T]) -> T:
        """Ask the hub through the library. Raises :class:`_Stalled`, and ``Stopped``."""
        found: list[T] = []
        _Work(lambda: found.append(ask())).watch(lambda: 0, self._pace, self._gate)
        return found[0]

    def _is_hub(self, address: str) -> bool:
        return host_of(address, "") == host_of(self._hub.endpoint, "")

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


class _Counter:
    """What hf_xet takes for a bar: counts the bytes that it fetches, and those that it writes."""

    def __init__(self, arrived: Callable[[int], None]) -> None:
        self._arrived = arrived
        self._lock = threading.Lock()
        self._written = self._moved = 0
        self.total: int | None = None

    def update(self, size: int) -> None:
        """Count bytes of the file."""
        with self._lock:
            self._written += size
            self._moved += size

    def update_transfer(self, size: int) -> None:
        """Count bytes that came over the network."""
        with self._lock:
            self._moved += size

    def set_postfix_str(self, text: str, *, refresh: bool = True) -> None:
        """Show nothing."""

    def set_transfer_postfix_str(self, text: str, *, refresh: bool = True) -> None:
        """Show nothing."""

    def moved(self) -> int:
        """Give all that was counted, and pass on what has been written since."""
        with self._lock:
            since, self._written = self._written, 0
            moved = self._moved
        self._arrived(since)
        return moved


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
