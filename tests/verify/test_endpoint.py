from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from deployer.errors import UsageError
from deployer.headers import TOLD_DIGITS
from deployer.release import (
    Argument,
    Engine,
    Hardware,
    Lifecycle,
    Listen,
    ModelSource,
    Release,
)
from deployer.verify.endpoint import Endpoint

KEY = 'sk-"quoted"&<odd>/%'


def release(*flags: str, variable: str = "") -> Release:
    return Release(
        name="tiny",
        target="local",
        model=ModelSource("builtin", "tiny", "", "", "glm-tiny"),
        engine=Engine("sglang", "0.5.23", "", ("python", "-m", "sglang.launch_server")),
        hardware=Hardware("cpu", 1),
        listen=Listen("127.0.0.1", 8000, variable),
        arguments=tuple(Argument(flag, (), "engine") for flag in flags),
        environment=(),
        lifecycle=Lifecycle(1, 1, 1, 1, 1),
        warmup=(),
    )


def test_promises_come_from_the_release() -> None:
    flags = ("--reasoning-parser", "--tool-call-parser", "--enable-metrics")
    full = Endpoint.from_release(release(*flags, variable="KEY"), "http://a/v1/", "k")
    told = release(*flags, variable="KEY").digest()[:TOLD_DIGITS]
    least = Endpoint("http://a", None, "glm-tiny", bounded=True, engine="0.5.23")
    most = {"thinking": True, "tools": True, "metrics": True, "auth": True}
    assert asdict(full) == asdict(least) | most | {"api_key": "k", "release": told}
    bare = release()
    assert Endpoint.from_release(bare, "http://a", None) == replace(
        least, release=bare.digest()[:TOLD_DIGITS]
    )
    uncached = release("--disable-radix-cache", "--enable-deterministic-inference")
    other = Endpoint.from_release(uncached, "http://a", None)
    assert (other.cache, other.deterministic) == (False, True)


@pytest.mark.parametrize(
    "url", ["http://a:80", "http://a:80/", "http://a:80/v1", " http://a:80/v1/ "]
)
def test_the_base_url_is_without_v1(url: str) -> None:
    assert Endpoint(url).url == "http://a:80"


@pytest.mark.parametrize(
    "url", ["", "a.modal.run", "ftp://a", "http://", "http://a:port", "http://["]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is not the URL of an endpoint"):
        Endpoint(url)


@pytest.mark.parametrize(
    "url", ["https://me:secret@a", "https://a/?token=secret", "https://a/#secret"]
)
def test_a_url_with_a_secret_in_it_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Endpoint(url)
    assert "secret" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("key", ["secret\n", "sec ret", "secrét", "\x00secret"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Endpoint("http://a", key)
    assert "sec" not in str(caught.value) + caught.value.hint


def test_the_key_is_not_in_the_repr() -> None:
    assert "sk-" not in repr(Endpoint("http://a", KEY))


def test_an_empty_key_or_name_is_none() -> None:
    assert Endpoint("http://a", "", "") == Endpoint("http://a")


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        'sk-\\"quoted\\"&<odd>/%',
        "sk-&quot;quoted&quot;&amp;&lt;odd&gt;/%",
        "sk-%22quoted%22%26%3Codd%3E%2F%25",
    ],
)
def test_the_key_is_hidden_in_every_spelling(form: str) -> None:
    assert Endpoint("http://a", KEY).hide(f"a {form} b") == "a [key] b"
    assert Endpoint("http://a").hide(form) == form


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST.", "x.localhost", "127.1", "2130706433", "0x7f000001",
     "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]"],  # noqa: S104 - asked, and not bound
)  # fmt: skip
def test_every_spelling_of_this_machine_is_here(host: str) -> None:
    """No proxy of the environment is asked for those."""
    assert Endpoint(f"http://{host}:8000").here


@pytest.mark.parametrize("host", ["128.0.0.1", "[2001:db8::1]", "localhost.example", "a", "1.1"])
def test_other_machines_are_not_here(host: str) -> None:
    assert not Endpoint(f"http://{host}:8000").here
