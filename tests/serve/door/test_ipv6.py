"""A door that clients reach over IPv6."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.serve.living import PATIENCE

from .conftest import INNER, KEY, House
from .upstream import Stream

pytestmark = pytest.mark.process

CHAT = "/v1/chat/completions"


@pytest.fixture
def _ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"nobody can listen on ::1 here: {error}")


def post(at: House, address: str, key: str) -> http.client.HTTPConnection:
    """Ask for a completion at an address."""
    connection = http.client.HTTPConnection(address, at.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    connection.request("POST", CHAT, b"{}", headers)
    return connection


@pytest.mark.usefixtures("_ipv6")
@pytest.mark.parametrize("host", ["::1", "::"])
def test_a_stream_passes_over_ipv6(house: Callable[..., House], host: str) -> None:
    at, stream = house(host), Stream()
    at.upstream.answer = stream
    assert at.listener.family is socket.AF_INET6
    for key in ("", "wrong", INNER):
        with closing(post(at, "::1", key)) as strange:
            assert strange.getresponse().status == 401
    assert at.upstream.seen == []
    with closing(post(at, "::1", KEY)) as connection:
        assert connection.sock.family is socket.AF_INET6
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read(9) == b"data: 1\n\n", "the engine has sent nothing else yet"
        stream.go.release()
        assert answer.read(9) == b"data: 2\n\n"
        stream.go.release()
        assert answer.read() == b"data: [DONE]\n\n"
    ((_, _, headers, _),) = at.upstream.seen
    assert headers["Host"] == f"127.0.0.1:{at.upstream.port}"
