"""A fake of GitHub's API: comments, pages, authors, pulls, and tokens that may only read.

It knows the calls that the actions make and answers 404 to everything else, as GitHub does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.listening import listening

REPOSITORY = "acme/serving"
NUMBER = 7
BOT = "github-actions[bot]"
WRITE, READ = "token-that-writes", "token-that-reads"

COMMENTS = re.compile(rf"/repos/{REPOSITORY}/issues/{NUMBER}/comments")
COMMENT = re.compile(rf"/repos/{REPOSITORY}/issues/comments/(\d+)")


@dataclass
class Comments:
    """What the repository holds, and the calls that changed it.

    Pull requests are found by their branch; ``pull`` is the one that is asked for by its number.
    """

    bodies: list[dict[str, Any]] = field(default_factory=list)
    pulls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pull: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def add(self, body: str, author: str) -> dict[str, Any]:
        number = len(self.bodies) + 1
        comment = {
            "id": number,
            # GitHub stores what a browser sends: lines that end with CR LF.
            "body": body.replace("\r\n", "\n").replace("\n", "\r\n"),
            "user": {"login": author},
            "html_url": f"https://github.example/{REPOSITORY}/pull/{NUMBER}#issuecomment-{number}",
        }
        self.bodies.append(comment)
        return comment

    def texts(self, author: str = BOT) -> list[str]:
        return [
            c["body"].replace("\r\n", "\n") for c in self.bodies if c["user"]["login"] == author
        ]


@contextmanager
def fake_github(comments: Comments) -> Iterator[str]:
    """Serve on loopback; gives the API's address."""
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), _handler(comments))) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


def _handler(comments: Comments) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one API
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == f"/repos/{REPOSITORY}/pulls":
                self._answer(200, comments.pulls.get(parse_qs(url.query)["head"][0], []))
                return
            if url.path == f"/repos/{REPOSITORY}/pulls/{NUMBER}" and comments.pull:
                self._answer(200, comments.pull)
                return
            if not COMMENTS.fullmatch(url.path):
                self._answer(404, {"message": "Not Found"})
                return
            query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
            size, page = query.get("per_page", 30), query.get("page", 1)
            self._answer(200, comments.bodies[(page - 1) * size : page * size])

        def do_POST(self) -> None:
            if COMMENTS.fullmatch(self.path) and self._may_write("POST"):
                self._answer(201, comments.add(self._body(), BOT))

        def do_PATCH(self) -> None:
            found = COMMENT.fullmatch(self.path)
            if found and self._may_write("PATCH"):
                comment = comments.bodies[int(found[1]) - 1]
                comment["body"] = self._body()
                self._answer(200, comment)

        def _may_write(self, method: str) -> bool:
            if self.headers["Authorization"] != f"Bearer {WRITE}":
                self._answer(403, {"message": "Resource not accessible by integration"})
                return False
            comments.calls.append(method)
            return True

        def _body(self) -> str:
            length = int(self.headers["Content-Length"])
            return str(json.loads(self.rfile.read(length))["body"])

        def _answer(self, status: int, value: object) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
