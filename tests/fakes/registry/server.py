"""The part of the distribution API by which a manifest is found, with its token service.

The paths, headers and error bodies are those of opencontainers/distribution-spec 1.1 ("Pulling
manifests", "Error Codes"), and of distribution/distribution's "Token Authentication": a `401` with
a challenge, a token from the realm for the scope that it names, and the same request again. The
token service is a server of its own, as auth.docker.io is.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "lmsysorg/sglang"
INDEX = "application/vnd.oci.image.index.v1+json"


def index(note: str) -> bytes:
    """Write the list of an image's platforms; another note is another image."""
    platform = {"architecture": "amd64", "os": "linux"}
    one = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": f"sha256:{hashlib.sha256(note.encode()).hexdigest()}",
        "size": 3000,
        "platform": platform,
    }
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [one]}).encode()


def digest(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


@dataclass
class Call:
    """A request that arrived: at the ``registry`` or the ``tokens``."""

    server: str
    method: str
    path: str
    accept: str
    authorization: str


@dataclass
class Faults:
    """What goes wrong: the first so many answers have ``status``, heads state no or another digest.

    ``no_head`` refuses the method, ``private`` gives no token, ``realm`` sends for it elsewhere.
    """

    status: int = 0
    times: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    stated: str = ""
    no_head: bool = False
    private: bool = False
    realm: str = ""
    token: object = None


class FakeRegistry:
    """Manifests by tag, of one name; every pull needs a token that anybody gets."""

    def __init__(self, tags: dict[str, bytes], *, name: str = NAME) -> None:
        self.tags = dict(tags)
        self.name = name
        self.faults = Faults()
        self.calls: list[Call] = []
        self.given = 0
        self._servers = {name: _server(self, name) for name in ("registry", "tokens")}

    @property
    def host(self) -> str:
        return self.address("registry")

    def image(self, tag: str) -> str:
        return f"{self.host}/{self.name}:{tag}"

    def address(self, server: str) -> str:
        return f"127.0.0.1:{self._servers[server].server_address[1]}"

    def token(self) -> str:
        return f"pull-{self.name}-{self.given}"

    @contextmanager
    def serving(self) -> Iterator[FakeRegistry]:
        with ExitStack() as stack:
            for server in self._servers.values():
                stack.enter_context(listening(server))
            yield self

    def manifest(self, reference: str) -> bytes | None:
        by_digest = {digest(each): each for each in self.tags.values()}
        return self.tags.get(reference) or by_digest.get(reference)


def _server(registry: FakeRegistry, name: str) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"registry": registry, "name": name})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    registry: FakeRegistry
    name: str
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Stay quiet."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        headers = self.headers
        self.registry.calls.append(
            Call(
                self.name,
                self.command,
                self.path,
                headers.get("Accept", ""),
                headers.get("Authorization", ""),
            )
        )
        if self.name == "tokens":
            self._give_token()
        else:
            self._give_manifest()

    def _give_token(self) -> None:
        registry = self.registry
        query = parse_qs(urlsplit(self.path).query)
        if registry.faults.private:
            self._send(401, b'{"details": "incorrect username or password"}', {})
        elif query != {"service": ["fake"], "scope": [f"repository:{registry.name}:pull"]}:
            self._send(400, b"{}", {})
        else:
            registry.given += 1
            answer = registry.faults.token or {"token": registry.token(), "expires_in": 300}
            self._send(200, json.dumps(answer).encode(), {})

    def _give_manifest(self) -> None:
        registry, faults = self.registry, self.registry.faults
        parts = urlsplit(self.path).path.strip("/").split("/")
        name, kind, reference = "/".join(parts[1:-2]), parts[-2], parts[-1]
        if faults.times:
            faults.times -= 1
            self._error(faults.status, "TOOMANYREQUESTS", faults.headers)
        elif self.headers.get("Authorization") != f"Bearer {registry.token()}":
            realm = faults.realm or f"http://{registry.address('tokens')}/token"
            scope = f"repository:{name}:pull"
            challenge = f'Bearer realm="{realm}",service="fake",scope="{scope}"'
            self._error(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge})
        elif parts[0] != "v2" or kind != "manifests" or name != registry.name:
            self._error(404, "NAME_UNKNOWN", {})
        elif self.command == "HEAD" and faults.no_head:
            self._error(405, "UNSUPPORTED", {})
        elif (manifest := registry.manifest(reference)) is None:
            self._error(404, "MANIFEST_UNKNOWN", {})
        elif INDEX not in self.headers.get("Accept", ""):
            self._error(404, "MANIFEST_UNKNOWN", {})  # there is no manifest of one platform
        else:
            stated = faults.stated or digest(manifest)
            headers = {} if faults.silent else {"Docker-Content-Digest": stated}
            self._send(200, manifest, headers | {"Content-Type": INDEX})

    def _error(self, status: int, code: str, headers: dict[str, str]) -> None:
        body = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
        self._send(status, body, headers | {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
