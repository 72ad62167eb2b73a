"""What a tag means, and what stands in the way of knowing it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployer.apply.hub import PACE
from deployer.apply.registry import digest
from deployer.errors import Failure
from tests.fakes.registry import server
from tests.fakes.registry.server import FakeRegistry, Faults, index

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

FAST = replace(PACE, first_wait=0.01, longest_wait=0.01)
MANIFEST = index("v0.5.23")
DIGEST = server.digest(MANIFEST)


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with FakeRegistry({"v0.5.23": MANIFEST}).serving() as registry:
        yield registry


def ask(registry: FakeRegistry, tag: str = "v0.5.23") -> str:
    return digest(registry.image(tag), pace=FAST)


def refusal(image: str) -> Failure:
    with pytest.raises(Failure) as found:
        digest(image, pace=FAST)
    return found.value


def test_a_tag_is_the_digest_of_the_list_of_its_platforms(registry: FakeRegistry) -> None:
    assert ask(registry) == DIGEST
    assert [(call.server, call.method) for call in registry.calls] == [
        ("registry", "HEAD"),
        ("tokens", "GET"),
        ("registry", "HEAD"),
    ]


def test_the_token_goes_to_the_registry_alone(registry: FakeRegistry) -> None:
    ask(registry)

    first, token, second = registry.calls
    assert (first.authorization, token.authorization) == ("", "")
    assert second.authorization == f"Bearer {registry.token()}"


def test_a_digest_is_asked_for_too(registry: FakeRegistry) -> None:
    assert digest(f"{registry.host}/{registry.name}:v0.5.23@{DIGEST}", pace=FAST) == DIGEST
    other = "sha256:" + "0" * 64
    found = refusal(f"{registry.host}/{registry.name}:v0.5.23@{other}")
    assert found.message == f"{registry.host} has no {other} of {registry.host}/{registry.name}"


@pytest.mark.parametrize("fault", [{"no_head": True}, {"silent": True}])
def test_a_registry_whose_heads_say_nothing_is_asked_for_the_manifest(
    registry: FakeRegistry, fault: dict[str, bool]
) -> None:
    registry.faults = Faults(**fault)  # type: ignore[arg-type]
    assert ask(registry) == DIGEST
    assert registry.calls[-1].method == "GET"


def test_another_digest_than_the_one_asked_for_is_refused(registry: FakeRegistry) -> None:
    registry.faults = Faults(stated="sha256:" + "1" * 64)
    found = refusal(f"{registry.host}/{registry.name}@{DIGEST}")
    assert "answers with sha256:1111" in found.message


def test_a_tag_that_is_not_there_is_named(registry: FakeRegistry) -> None:
    found = refusal(registry.image("v9"))
    assert found.message == f"{registry.host} has no tag `v9` of {registry.host}/{registry.name}"


def test_an_image_that_not_everybody_may_pull_is_said_so(registry: FakeRegistry) -> None:
    registry.faults = Faults(private=True)
    found = refusal(registry.image("v0.5.23"))
    assert found.message.endswith(f"does not show {registry.host}/{registry.name} to everybody")
    assert "Modal pulls it without credentials, too" in found.hint


@pytest.mark.parametrize(
    "realm", ["http://example.com/token", "file:///etc/passwd", "https://", "x"]
)
def test_no_token_is_asked_for_where_the_way_is_not_safe(
    registry: FakeRegistry, realm: str
) -> None:
    registry.faults = Faults(realm=realm)
    assert "to everybody" in refusal(registry.image("v0.5.23")).message
    assert [call.server for call in registry.calls] == ["registry"]


@pytest.mark.parametrize("token", [{"token": "a\r\nX: y"}, {"token": 3}, {"nothing": 1}, [1]])
def test_an_answer_without_a_token_is_none(registry: FakeRegistry, token: object) -> None:
    registry.faults = Faults(token=token)
    assert "gives no token" in refusal(registry.image("v0.5.23")).message


def test_a_busy_registry_is_asked_again_and_then_given_up(registry: FakeRegistry) -> None:
    registry.faults = Faults(status=503, times=2)
    assert ask(registry) == DIGEST
    registry.faults = Faults(status=503, times=99)
    assert "answers 503" in refusal(registry.image("v0.5.23")).message


def test_a_registry_that_is_asked_too_often_says_for_how_long(registry: FakeRegistry) -> None:
    registry.faults = Faults(status=429, times=99, headers={"Retry-After": "3600"})
    found = refusal(registry.image("v0.5.23"))
    assert found.message.endswith("answers 429, and asks to wait 3600 s")


def test_a_registry_that_cannot_be_reached_is_said_so() -> None:
    assert "127.0.0.1:9 cannot be reached" in refusal("127.0.0.1:9/a/b:c").message
