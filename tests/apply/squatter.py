"""A stranger on a port: listens as another user where it may, and writes down what it is told.

``python -I squatter.py PORT USER LOG [NAME=VALUE]``: USER is a number, or '' to stay who it is.
Answers everything with 200. A script with the standard library only.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer


class Squatter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log = -1

    def answer(self) -> None:
        os.write(self.log, f"{self.command} {self.path}\n{self.headers}\n".encode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = answer  # noqa: N815 - the base's names

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingTCPServer):
    """Imports nothing any more: another user may be unable to read our Python's files."""

    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    port, user, log = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    Squatter.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    if user:
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    server = Server(("127.0.0.1", port), Squatter)
    os.write(1, b"listening\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
