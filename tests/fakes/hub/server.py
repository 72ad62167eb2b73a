"""The hub's HTTP: what huggingface_hub's own client asks for, with faults on order.

Large files are sent by a second server, a storage that knows no token, behind a redirect: as the
true hub does it. The paths and headers are those that huggingface_hub 2.4.0 speaks
(``hf_api.py``, ``file_download.py``); a test lets that client download from here.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPO = "tiny/model"
COMMIT = "c0ffee" + "0" * 34
PIECE = 4096
"""The pieces of files, in bytes, by which it is counted what was sent."""

LISTING = "list of files"
LARGE = 10_000
"""Bytes from which on a file is kept in the storage."""


@dataclass
class Fault:
    """Something that goes wrong with answers for ``path``, a pattern, so many ``times``.

    ``status`` answers so, ``cut`` closes the connection after so many bytes, ``flip`` changes a
    byte, ``short`` leaves bytes out at the end without a word, ``whole`` ignores a range,
    ``extra`` sends bytes that the file does not have, and ``slow`` waits so many seconds before
    each piece.
    """

    path: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    flip: bool = False
    short: int = 0
    whole: bool = False
    extra: bytes = b""
    slow: float = 0.0
    at_storage: bool = False


@dataclass
class Call:
    """A request that arrived: at the ``hub`` or the ``storage``, for which file, from where on."""

    server: str
    method: str
    path: str
    start: int
    authorization: str


class FakeHub:
    """One repository at one commit. Everything may be changed while it serves."""

    def __init__(self, files: dict[str, bytes], *, repo: str = REPO, commit: str = COMMIT) -> None:
        self.files = dict(files)
        self.repo = repo
        self.commits = {commit, "main"}
        self.commit = commit
        self.token = ""
        self.gated = False
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.former: set[str] = set()
        """Names that the repository had before: the hub redirects from them."""
        self.hidden: set[str] = set()
        """Files that the list of the commit leaves out."""
        self.stated: dict[str, bytes] = {}
        """What the hub states of a file instead of the truth."""
        self.sent: Counter[tuple[str, int]] = Counter()
        """How often each piece (path, number) of a file was sent, at least in part."""
        self.bytes_sent = 0
        self.together: threading.Barrier | None = None
        """Where each answer of the storage waits for so many others; it breaks where too few
        come."""
        self.silent: threading.Event | None = None
        """Until it is set, huggingface_hub is sent the half of what it asks the storage for."""
        self.step = 65536
        """Bytes that are sent, and wait to arrive, together: fewer, and kills are met closer."""
        self.at_bytes: tuple[int, Callable[[], None]] | None = None
        """What to do as soon as so many bytes have been sent."""
        self.beside: list[FakeHub] = []
        """Other repositories that this hub has, each a hub that is serving by itself as well."""
        self.lock = threading.Lock()
        self._servers = {name: _server(self, name) for name in ("hub", "storage")}

    @property
    def endpoint(self) -> str:
        return self._url("hub")

    @property
    def storage(self) -> str:
        return self._url("storage")

    @property
    def environ(self) -> dict[str, str]:
        return {"HF_ENDPOINT": self.endpoint}

    def move(self, commit: str) -> None:
        """Let the branch be another commit; those of before are there as well."""
        self.commit = commit
        self.commits.add(commit)

    def fetched(self) -> list[str]:
        """Give the files whose bytes were asked for, in order."""
        return [call.path for call in self.calls if call.method == "GET" and call.path]

    @contextmanager
    def serving(self) -> Iterator[FakeHub]:
        threads = [
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            for server in self._servers.values()
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            for server in self._servers.values():
                server.shutdown()
                server.server_close()

    def listing(self) -> dict[str, object]:
        siblings = []
        for path, actual in self.files.items():
            if path in self.hidden:
                continue
            data = self.stated.get(path, actual)
            entry: dict[str, object] = {"rfilename": path, "size": len(data), "blobId": blob(data)}
            if len(actual) >= LARGE:
                entry["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 134}
            siblings.append(entry)
        return {"id": self.repo, "sha": self.commit, "private": False, "siblings": siblings}

    def tree(self) -> list[dict[str, object]]:
        """Give the files as the call for a tree lists them, which `snapshot_download` asks."""
        entries = []
        for path, data in self.files.items():
            if path in self.hidden:
                continue
            entry: dict[str, object] = {
                "type": "file", "path": path, "size": len(data), "oid": blob(data)
            }  # fmt: skip
            if len(data) >= LARGE:
                entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 134}
            entries.append(entry)
        return entries

    def fault(self, path: str, *, at_storage: bool) -> Fault:
        with self.lock:
            for fault in self.faults:
                if fault.at_storage == at_storage and fnmatchcase(path, fault.path) and fault.times:
                    fault.times -= 1
                    return fault
        return Fault(path)

    def count(self, path: str, start: int, size: int) -> None:
        with self.lock:
            for piece in range(start // PIECE, (start + size - 1) // PIECE + 1):
                self.sent[path, piece] += 1
            self.bytes_sent += size
            if self.at_bytes is not None and self.bytes_sent >= self.at_bytes[0]:
                act, self.at_bytes = self.at_bytes[1], None
                act()

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._servers[name].server_address[1]}"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _server(hub: FakeHub, name: str) -> ThreadingHTTPServer:
    body: dict[str, object] = {"first": hub, "hub": hub, "name": name}
    return _Server(("127.0.0.1", 0), type("Handler", (_Handler,), body))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # several containers with many connections each come at once

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients are killed here on purpose."""


class _Handler(BaseHTTPRequestHandler):
    first: FakeHub
    hub: FakeHub
    name: str
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        # What lies in a socket's buffer was sent but did not arrive; keep that small.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.hub.step)
        super().setup()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Stay quiet."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        others = (other for other in self.first.beside if f"/{other.repo}/" in self.path)
        self.hub = next(others, self.first)
        parts = urlsplit(self.path).path.strip("/").split("/")
        parts = [unquote(part) for part in parts]
        pattern = ["api", "models", *self.hub.repo.split("/"), "revision"]
        if self.name == "storage":
            self._storage("/".join(parts))
        elif former := next((name for name in self.hub.former if f"/{name}/" in self.path), ""):
            self._note("")
            there = self.path.replace(f"/{former}/", f"/{self.hub.repo}/", 1)
            self._send(307, b"", {"Location": there}, path="")
        elif parts[: len(pattern)] == pattern:
            self._note("")
            if self._allowed(parts[-1], LISTING):
                self._send(200, json.dumps(self.hub.listing()).encode(), {}, path="")
        elif parts[: len(pattern)] == [*pattern[:-1], "tree"]:
            self._note("")
            if self._allowed(parts[-1], LISTING):
                self._send(200, json.dumps(self.hub.tree()).encode(), {}, path="")
        elif parts[:3] == [*self.hub.repo.split("/"), "resolve"]:
            self._resolve(parts[3], "/".join(parts[4:]))
        else:
            self._note("")
            self._error(401 if not self.hub.token else 404, "RepoNotFound")

    def _resolve(self, revision: str, path: str) -> None:
        self._note(path)
        if not self._allowed(revision, path):
            return
        data = self.hub.files.get(path)
        if data is None:
            self._error(404, "EntryNotFound")
            return
        headers = {"X-Repo-Commit": self.hub.commit}
        if len(data) < LARGE:
            self._send(200, data, headers | {"ETag": f'"{blob(data)}"'}, path=path)
            return
        headers |= {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{sha256(data)}"'}
        headers["Location"] = f"{self.hub.storage}/{path}?pass=signed-pass-of-the-storage"
        self._send(302, b"", headers, path="")

    def _storage(self, path: str) -> None:
        self._note(path)
        if self.headers.get("Authorization"):
            self._error(400, "")  # as a signed address does where two ways to sign meet
            return
        fault = self.hub.fault(path, at_storage=True)
        if fault.status:
            self._error(fault.status, "", fault.headers)
            return
        data = self.hub.files[path]
        if self.hub.together is not None and self.command == "GET":
            self.hub.together.wait(60)
        self._send(200, data, {"ETag": f'"{sha256(data)}"'}, path=path)

    def _allowed(self, revision: str, path: str) -> bool:
        hub, given = self.hub, self.headers.get("Authorization", "")
        fault = hub.fault(path, at_storage=False)
        if fault.status:
            self._error(fault.status, "", fault.headers)
        elif given and given != f"Bearer {hub.token}":
            self._error(401, "")
        elif hub.token and not given and not (hub.gated and path == LISTING):
            # Anybody may read the list of a gated repository, but not its files.
            self._error(401, "GatedRepo" if hub.gated else "RepoNotFound")
        elif revision not in hub.commits:
            self._error(404, "RevisionNotFound")
        else:
            return True
        return False

    def _note(self, path: str) -> None:
        start = int((re.findall(r"bytes=(\d+)-", self.headers.get("Range", "")) or ["0"])[0])
        given = self.headers.get("Authorization", "")
        self.hub.calls.append(Call(self.name, self.command, path, start, given))

    def _error(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"X-Error-Code": code} if code else {}).items():
            self.send_header(name, value)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, data: bytes, headers: dict[str, str], *, path: str) -> None:
        """Send a file, or the range of it that was asked for, with the fault that is ordered."""
        body_fault = self.hub.fault(f"body:{path}", at_storage=False) if path else Fault("")
        given = self.headers.get("Range", "") if path else ""
        asked = None if body_fault.whole else re.fullmatch(r"bytes=(\d+)-(\d*)", given)
        start = int(asked[1]) if asked else 0
        end = min(int(asked[2]) + 1, len(data)) if asked and asked[2] else len(data)
        rest = data[start:end] + body_fault.extra
        if body_fault.flip and rest:
            rest = bytes([rest[0] ^ 1]) + rest[1:]
        if body_fault.short:
            rest = rest[: -body_fault.short]
        if asked and rest:
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(rest))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._pour(path, start, rest, body_fault)

    def _pour(self, path: str, start: int, rest: bytes, fault: Fault) -> None:
        whole = rest[: fault.cut]
        silent = self.hub.silent if self.name == "storage" else None
        if silent is not None and "hf_hub" in self.headers.get("User-Agent", ""):
            whole = whole[: len(whole) // 2]
        for at in range(0, len(whole), self.hub.step):
            piece = whole[at : at + self.hub.step]
            time.sleep(fault.slow)
            if path:
                self.hub.count(path, start + at, len(piece))
            self.wfile.write(piece)
        if len(whole) < len(rest[: fault.cut]) and silent is not None:
            self.wfile.flush()
            silent.wait(60)
            self.close_connection = True
        if fault.cut is not None:
            self.close_connection = True
            self.request.shutdown(socket.SHUT_RDWR)
