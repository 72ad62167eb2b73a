"""Nothing reaches the engine but what is on the list: any method, path and key, cut anywhere."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deployer.facts.sglang.routes import CLIENTS, OPERATORS, OTHERS
from tests.serve.living import PATIENCE
from tests.volume import THOROUGH, scaled

from .conftest import INNER, KEY, ROUTES, House

pytestmark = pytest.mark.process

LISTED = (
    ("POST", re.compile(r"/v1/chat/completions")),
    ("GET", re.compile(r"/v1/models")),
    ("GET", re.compile(r"/v1/responses/[A-Za-z0-9_-]{1,128}")),
)
"""What the door of these tests lets through, by hand: not with the door's own words."""

HEALTH = "/health"
"""What the door answers by itself."""

GOOD = (("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/v1/responses/resp_1-a"))

ENGINES = tuple(one.path for one in (*CLIENTS, *OTHERS, *OPERATORS))

KEYS = {"good": KEY, "engine's": INNER, "wrong": f"{KEY}x", "cut": KEY[:-1], "none": ""}

Mangled = Callable[[str, int], str]


def encoded(sign: str, *, upper: bool = False) -> str:
    text = "".join(f"%{byte:02x}" for byte in sign.encode())
    return text.upper() if upper else text


def inserted(*pieces: str) -> Mangled:
    return lambda path, at: f"{path[:at]}{pieces[at % len(pieces)]}{path[at:]}"


MANGLES: tuple[Mangled, ...] = (
    lambda path, at: path[:at] + encoded(path[at : at + 1]) + path[at + 1 :],
    lambda path, at: path[:at] + encoded(path[at : at + 1], upper=True) + path[at + 1 :],
    lambda path, at: path[:at] + encoded(encoded(path[at : at + 1])) + path[at + 1 :],
    lambda path, _: path.replace("/", "%2f"),
    lambda path, _: path.replace("/", "%252F"),
    lambda path, _: path.replace("/", "\\"),
    lambda path, _: path.replace("/", "//"),
    lambda path, at: path[:at] + path[at : at + 1].swapcase() + path[at + 1 :],
    lambda path, at: path[:at] + path[at + 1 :],
    lambda path, _: path.upper(),
    inserted("/", "//", "/./", "/x/../", "/..;/", "/%2e%2e/", "%2f..%2f", "/.%2e/"),
    inserted(";a=b", ";", ".", "%00", "%0d%0a", "%20", "+", "%c0%af", "%u002f", "\u2215", "\uff0f"),
    inserted("\0", "\x7f", "\t", " ", "\xa0", "\xe9", "\u0131", "\U0001f600", "#", "*", "@", ":"),
    inserted("?", "?/v1/models", "??", "?a=%00", "?a=b&c[]=d", "&a=b", "?\xe9", "? "),
    lambda path, at: path + ("/", "?", "#x", ";", "%", "/.", "/..", "?x=1", ".json")[at % 9],
    lambda path, at: ("/", "//", "/.", "/x/..", "\\", ".", "@", "%2f")[at % 8] + path,
    lambda path, at: (
        GOOD[at % 3][1] + ("/..", "/../..", "%2f..", "/%2e%2e", "?", ";")[at % 6] + path
    ),
    lambda path, at: (
        ("http://127.0.0.1", "HTTP://x", "https://x:1", "//x", "x:80", "http:", "ws://x")[at % 7]
        + path
    ),
)


def _mangled(path: str, mangles: list[tuple[Mangled, int]]) -> str:
    for mangle, at in mangles:
        path = mangle(path, at % (len(path) + 1))
    return path


mangles = st.lists(
    st.tuples(st.sampled_from(MANGLES), st.integers(0, 40)), min_size=1, max_size=2
)  # fmt: skip

methods = (
    st.sampled_from(["GET", "POST"])
    | st.sampled_from(["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get"])
    | st.from_regex(r"[A-Za-z!#$%&'*+.^_`|~-]{1,12}", fullmatch=True)
)

anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1)

Request = tuple[str, str, str]
"""Method, target, whose key."""

ONCE = sorted({
    (method, mangle(path, at % (len(path) + 1)))
    for method, path in GOOD for mangle in MANGLES for at in range(41)
} - set(GOOD))  # fmt: skip

nearly = st.builds(
    lambda once, mangles: (once[0], _mangled(once[1], mangles), "good"),
    st.sampled_from(ONCE), st.just([]) | mangles,
)  # fmt: skip
"""What is refused for nothing but its path, if it is."""

listed = st.tuples(methods, st.sampled_from([path for _, path in GOOD]), st.sampled_from([*KEYS]))

engines = st.builds(
    lambda method, path, mangles, key: (method, _mangled(path, mangles), key),
    methods, st.sampled_from(ENGINES), st.just([]) | mangles, st.sampled_from([*KEYS]),
)  # fmt: skip

wild = st.tuples(methods, anything | anything.map("/{}".format), st.sampled_from([*KEYS]))

requests: st.SearchStrategy[Request] = st.sampled_from(
    [nearly] * 8 + [listed, engines, engines, wild]
).flatmap(lambda chosen: chosen)


def is_listed(method: str, path: str) -> bool:
    return any(method == one and like.fullmatch(path) for one, like in LISTED)


def answer_to(at: House, text: bytes, cuts: list[int]) -> bytes:
    """Send a request in pieces; gives what comes until the door ends the connection."""
    found = b""
    with socket.create_connection(("127.0.0.1", at.port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ends = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
        try:
            for begin, end in pairwise(ends):
                connection.sendall(text[begin:end])
            while piece := connection.recv(65536):
                found += piece
        except ConnectionError:  # it was refused before it was all there
            return found
    return found


def test_what_is_not_on_the_list_never_reaches_the_engine(standing: House) -> None:
    at, reached = standing, set()
    assert {route.path for route in ROUTES} == {
        "/v1/chat/completions", "/v1/models", "/v1/responses/{id}"
    }  # fmt: skip

    @scaled(10 if THOROUGH else 4)
    @given(requests, st.lists(st.integers(0, 300), max_size=6))
    @example((*GOOD[0], "good"), [1, 5, 30])
    @example((*GOOD[1], "good"), [])
    @example((*GOOD[2], "good"), list(range(120)))
    @example((*GOOD[1], "engine's"), [])
    @example(("GET", HEALTH, "none"), [])
    @example(("GET", "/server_info", "engine's"), [])
    def holds(request: Request, cuts: list[int]) -> None:
        method, target, key = request
        shown = target.encode().decode("latin-1")
        bearer = f"Authorization: Bearer {KEYS[key]}\r\n" if KEYS[key] else ""
        head = f"{method} {shown} HTTP/1.1\r\nHost: x\r\n{bearer}Connection: close\r\n\r\n"
        before = len(at.upstream.seen)
        found = answer_to(at, head.encode("latin-1"), cuts)
        seen = at.upstream.seen[before:]
        path, _, query = target.partition("?")
        if seen:
            assert [one[:2] for one in seen] == [(method, shown)]
            assert (is_listed(method, path), key) == (True, "good")
            reached.add(method)
        elif not query and "?" not in target:
            assert not (is_listed(method, path) and key == "good"), found
        fine = b" 200 " in found.partition(b"\r\n")[0]
        assert fine == bool(seen) or (path, fine) == (HEALTH, True), found

    holds()
    assert reached == {"GET", "POST"}
    for method, target, _, _ in at.upstream.seen:  # whatever came late among it
        assert is_listed(method, target.partition("?")[0])
