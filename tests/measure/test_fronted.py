"""The headers of a platform in front, as the tool's own client sends them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deployer.measure.tool import ABSENT, FRONT, FRONTED
from tests.listening import listening

pytestmark = pytest.mark.process

HEADERS = {"Modal-Key": "wk-canary", "Modal-Secret": "ws-canary"}

TOOL = """
import asyncio, os, sys
import aiohttp

async def main():
    async with aiohttp.ClientSession() as session:
        for url in sys.argv[1:]:
            async with session.post(url, json={}, headers={"Authorization": "Bearer k"}) as answer:
                print(answer.status)
    print(sys.argv[0], "DEPLOYER_FRONT" in os.environ)

asyncio.run(main())
"""
"""What is of SGLang's benchmark here: sessions of aiohttp, made without a word of headers."""


class Seen(ThreadingHTTPServer):
    """Notes which headers came with each request, and sends ``/away`` elsewhere."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str | None, str | None]] = []
        self.away = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Seen)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key, secret = (self.headers.get(name) for name in HEADERS)
        server.seen.append((self.path, key, secret))
        self.send_response(303 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", f"{server.away}/there")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def servers() -> Iterator[tuple[Seen, Seen]]:
    with listening(Seen()) as ours, listening(Seen()) as other:
        yield ours, other


def test_each_request_to_the_endpoint_has_them_and_no_other_one(
    servers: tuple[Seen, Seen], tmp_path: Path
) -> None:
    ours, other = servers
    ours.away = other.url
    tool = tmp_path / "sglang" / "benchmark" / "serving.py"
    tool.parent.mkdir(parents=True)
    tool.write_text(TOOL, "utf-8")
    urls = [f"{ours.url}/v1/chat/completions", f"{ours.url}/away", f"{other.url}/v1"]
    ran = subprocess.run(
        [sys.executable, "-m", FRONTED, *urls],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ABSENT}{os.pathsep}{tmp_path}",
            FRONT: json.dumps({"url": ours.url, "headers": HEADERS}),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["200", "200", "200", str(tool), "False"]
    both = tuple(HEADERS.values())
    assert ours.seen == [("/v1/chat/completions", *both), ("/away", *both)]
    assert other.seen == [("/there", None, None), ("/v1", None, None)]
    assert "canary" not in ran.stdout + ran.stderr
