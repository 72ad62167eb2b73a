"""What Modal's client raises, in words that say what to do: each kind has its own."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import pytest
from modal import exception

from deployer.apply.modal.address import control_planes
from deployer.apply.modal.client import _refuse_unreachable
from deployer.apply.modal.words import in_words, secret_hint
from deployer.errors import Failure, NotReached

pytestmark = pytest.mark.process  # Modal's client takes a second to import


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (exception.AuthError("Token missing"), "`modal token new`"),
        (exception.NotFoundError("Secret 'key' not found"), "`modal secret create key NAME=...`"),
        (exception.NotFoundError("Environment 'x' not found"), "`modal environment list`"),
        (exception.ResourceExhaustedError("busy"), "shows the workspace's limits"),
        (exception.ResourceExhaustedError("Rate limit hit"), "bounds how often it is asked"),
        (exception.ResourceExhaustedError("the GPU limit is reached"), "10 GPUs at a time"),
        (exception.ResourceExhaustedError("spend limit reached"), "may spend, and has spent"),
        (exception.Error("you exceed your quota"), "shows the workspace's limits"),
        (exception.ServiceError("Deadline exceeded"), "goes on, and costs"),
        (exception.PermissionDeniedError("no"), "workspace or environment does not allow it"),
        (
            exception.ConnectionError("unreachable"),
            "goes on, and costs, whether it is reached or not",
        ),
        (OSError("unreachable"), "goes on, and costs, whether it is reached or not"),
        (exception.ImageBuildError("Image build failed", "im-1"), "the image's tag may not exist"),
    ],
)
def test_each_error_says_what_mends_it(error: BaseException, hint: str) -> None:
    said = in_words(error)

    assert said.message == f"Modal: {error}"
    assert hint in said.hint


def test_what_is_not_known_has_no_hint() -> None:
    assert in_words(exception.NotFoundError("no such function")).hint == ""
    assert in_words(exception.InvalidError("Invalid GPU type: 'h1000'")).hint == ""
    assert in_words(exception.InvalidError("target_concurrency needs a max_concurrency")).hint == ""
    assert in_words(ValueError("  a\n  b ")).message == "Modal: a b"
    assert in_words(ValueError()).message == "Modal: ValueError"


def test_a_failure_stays_as_it_is() -> None:
    failure = Failure("ours", hint="our own")
    assert in_words(failure) is failure


def test_a_secret_that_the_user_has_is_not_made_up() -> None:
    assert secret_hint("key", "API_KEY", made_up=True) == (
        "`modal secret create key API_KEY=$(openssl rand -hex 24)` makes it"
    )
    assert secret_hint("hub", "", made_up=False) == "`modal secret create hub NAME=...` makes it"


@pytest.mark.parametrize("address", ["http://me:secret@127.0.0.1:9", "http://127.0.0.1:port"])
def test_a_proxy_that_does_not_listen_is_named_at_once(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", address)

    with pytest.raises(
        NotReached, match=r"through the proxy 127\.0\.0\.1 \(HTTPS_PROXY\): "
    ) as failed:
        _refuse_unreachable(("https://api.modal.invalid",))
    assert "secret" not in failed.value.message


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proxy stand between here and Modal."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_each_address_that_the_client_has_by_itself_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODAL_SERVER_URL", raising=False)
    hosts = [urlsplit(one).hostname for one in control_planes()]
    assert hosts[0] == "api.modal.com"
    assert all(host and re.fullmatch(r"api\.modal\d*\.com", host) for host in hosts)


@pytest.mark.usefixtures("direct")
def test_modal_is_reached_where_one_of_its_addresses_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        there, gone = f"http://127.0.0.1:{listening.getsockname()[1]}", "http://127.0.0.1:9"
        _refuse_unreachable((gone, there))
        _refuse_unreachable((there, gone))
    refused = "at 127.0.0.1: Connection refused"
    with pytest.raises(NotReached, match=f"Modal cannot be reached {refused}, nor {refused}"):
        _refuse_unreachable((gone, gone))
