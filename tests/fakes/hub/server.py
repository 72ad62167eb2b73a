"""The hub's HTTP: what huggingface_hub's own client asks for, with faults on order.

Large files are sent by a second server, a storage that knows no token, behind a redirect: as the
true hub does it. The paths and headers are those that huggingface_hub 2.4.0 speaks
(``hf_api.py``, ``file_download.py``); a test lets that client download from here.
"""

from __future__ import annotations

import hashlib
import json
import re
import select
import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tests.fakes.hub import xet
from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPO = "tiny/model"
COMMIT = "c0ffee" + "0" * 34
PIECE = 4096
"""The pieces of files, in bytes, by which it is counted what was sent."""

LISTING = "list of files"
LARGE = 10_000
"""Bytes from which on a file is kept in the storage."""

TOKEN_ROUTE = "xet-read-token"
CHUNKS, TOKENS, PLAN = "xet", "token for Xet", "reconstruction"
"""What a path begins with that is a xorb of a file: ``xet/FILE/NUMBER``; and what stand for paths:
the call for a token to Xet storage, and the one for what a file is made of."""


@dataclass
class Fault:
    """Something that goes wrong with answers for ``path``, a pattern, so many ``times``.

    ``status`` answers so, ``cut`` closes the connection after so many bytes, ``flip`` changes a
    byte, ``short`` leaves bytes out at the end without a word, ``whole`` ignores a range,
    ``extra`` sends bytes that the file does not have, and ``slow`` waits so many seconds before
    each piece, of ``step`` bytes where that is said.
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
    step: int = 0
    at_storage: bool = False


@dataclass
class Call:
    """A request that arrived: at the ``hub``, the ``storage`` or ``xet``, for which file, from
    where on."""

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
        self.xet: xet.Storage | None = None
        """The Xet storage that large files are in besides; None is none."""
        self.sent: Counter[tuple[str, int]] = Counter()
        """How often each piece (path, number) of a file was sent, at least in part."""
        self.bytes_sent = 0
        self.together: threading.Barrier | None = None
        """Where the first answers of the storage wait for each other; it breaks where too few
        come."""
        self.waited = 0
        self.silent: threading.Event | None = None
        """Until it is set, huggingface_hub is sent the half of what it asks a storage for."""
        self.hung_up: Counter[str] = Counter()
        """How many did not wait for the other half, by the server that they had asked."""
        self.one_answer: int | None = None
        """Bytes beyond which the storage refuses to send a file in one answer."""
        self.step = 65536
        """Bytes that are sent, and wait to arrive, together: fewer, and kills are met closer."""
        self.at_bytes: tuple[int, Callable[[], None]] | None = None
        """What to do as soon as so many bytes have been sent."""
        self.beside: list[FakeHub] = []
        """Other repositories that this hub has, each a hub that is serving by itself as well."""
        self.lock = threading.Lock()
        self._servers = {name: _server(self, name) for name in ("hub", "storage", "xet")}

    @property
    def endpoint(self) -> str:
        return self._url("hub")

    @property
    def storage(self) -> str:
        return self._url("storage")

    @property
    def xet_url(self) -> str:
        return self._url("xet")

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
        with ExitStack() as stack:
            for server in self._servers.values():
                stack.enter_context(listening(server))
            yield self

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

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer()

    def _answer(self) -> None:
        others = (other for other in self.first.beside if f"/{other.repo}/" in self.path)
        self.hub = next(others, self.first)
        parts = urlsplit(self.path).path.strip("/").split("/")
        parts = [unquote(part) for part in parts]
        if self.name == "storage":
            self._storage("/".join(parts))
        elif self.name == "xet":
            self._xet(parts)
        elif former := next((name for name in self.hub.former if f"/{name}/" in self.path), ""):
            self._note("")
            there = self.path.replace(f"/{former}/", f"/{self.hub.repo}/", 1)
            self._send(307, b"", {"Location": there}, path="")
        elif parts[:3] == [*self.hub.repo.split("/"), "resolve"]:
            self._resolve(parts[3], "/".join(parts[4:]))
        else:
            self._note("")
            self._api(parts)

    def _api(self, parts: list[str]) -> None:
        about, asked = ["api", "models", *self.hub.repo.split("/")], parts[4:5]
        if parts[: len(about)] != about or asked not in (["revision"], ["tree"], [TOKEN_ROUTE]):
            self._error(401 if not self.hub.token else 404, "RepoNotFound")
        elif asked == [TOKEN_ROUTE]:
            if self._allowed(parts[-1], TOKENS):
                self._send(200, b"", self._token(), path="")
        elif self._allowed(parts[-1], LISTING):
            listed = self.hub.listing() if asked == ["revision"] else self.hub.tree()
            self._send(200, json.dumps(listed).encode(), {}, path="")

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
        if self.hub.xet is not None:
            headers["X-Xet-Hash"] = xet.stored(data).hash
            tokens = self.hub.xet.tokens or self.hub.endpoint
            route = f"{tokens}/api/models/{self.hub.repo}/{TOKEN_ROUTE}"
            headers["Link"] = f'<{route}/{self.hub.commit}>; rel="xet-auth"'
        self._send(302, b"", headers, path="")

    def _token(self) -> dict[str, str]:
        return {
            "X-Xet-Cas-Url": self.hub.xet_url,
            "X-Xet-Access-Token": xet.TOKEN,
            "X-Xet-Token-Expiration": str(int(time.time()) + 3600),
        }

    def _xet(self, parts: list[str]) -> None:
        """Answer as the storage: what a file is made of, for its token; xorbs, for their passes."""
        assert self.hub.xet is not None
        files = {path: data for path, data in self.hub.files.items() if len(data) >= LARGE}
        match parts:
            case ["v1" | "v2" as version, "reconstructions", name]:
                found = [(p, xet.stored(data)) for p, data in files.items()]
                path, kept = next((p, each) for p, each in found if each.hash == name)
                self._note(path)
                self._plan(kept, int(version[1:]))
            case ["xorbs", name]:
                path, number = next(
                    (path, number)
                    for path, data in files.items()
                    for number, one in enumerate(xet.stored(data).xorbs)
                    if one.name == name
                )
                self._note(path)
                self._xorb(f"{CHUNKS}/{path}/{number}", xet.stored(files[path]).xorbs[number])
            case _:
                self._note("")
                self._error(404, "")

    def _xorb(self, path: str, xorb: xet.Xorb) -> None:
        fault = self.hub.fault(path, at_storage=True)
        if fault.status or self.headers.get("Authorization"):
            self._error(fault.status or 400, "", fault.headers)
        else:
            self._send(200, xorb.data, {}, path=path)

    def _plan(self, kept: xet.Stored, version: int) -> None:
        """Say what the bytes of a file that are asked for are made of."""
        assert self.hub.xet is not None
        fault = self.hub.fault(PLAN, at_storage=True)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, kept.size)
        if fault.status or version not in self.hub.xet.versions:
            self._error(fault.status or 404, "", fault.headers)
        elif self.headers.get("Authorization") != f"Bearer {xet.TOKEN}":
            self._error(401, "")
        elif start >= kept.size:
            self._error(416, "")
        else:
            xorbs = f"{self.hub.xet_url}/xorbs"
            plan = kept.reconstruction(start, min(end, kept.size), xorbs, version)
            self._send(200, json.dumps(plan).encode(), {}, path="")

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
        ends = re.search(r"-\d", self.headers.get("Range", ""))
        if self.hub.one_answer is not None and len(data) > self.hub.one_answer and not ends:
            self._error(400, "")
            return
        if self.hub.together is not None and self.command == "GET":
            with self.hub.lock:
                self.hub.waited += 1
                first = self.hub.waited <= self.hub.together.parties
            if first:
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
            rest = rest[:-1] + bytes([rest[-1] ^ 1])
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
        silent = self.hub.silent if path and self.name != "hub" else None
        if silent is not None and "hf_hub" in self.headers.get("User-Agent", ""):
            whole = whole[: len(whole) // 2]
        step = fault.step or self.hub.step
        for at in range(0, len(whole), step):
            piece = whole[at : at + step]
            time.sleep(fault.slow)
            if path:
                self.hub.count(path, start + at, len(piece))
            self.wfile.write(piece)
        if len(whole) < len(rest[: fault.cut]) and silent is not None:
            self.wfile.flush()
            self._keep_silent(silent)
            self.close_connection = True
        if fault.cut is not None:
            self.close_connection = True
            self.request.shutdown(socket.SHUT_RDWR)

    def _keep_silent(self, silent: threading.Event) -> None:
        """Say nothing until that ends, or until whoever asked hangs up."""
        while not silent.is_set():
            there, _, _ = select.select([self.request], [], [], 0.02)
            if there and not self.request.recv(1, socket.MSG_PEEK):
                with self.hub.lock:
                    self.hub.hung_up[self.name] += 1
                return
