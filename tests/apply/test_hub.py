"""What a branch means, what a repository holds, and what stands in the way of knowing it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployer.apply.hub import PACE, describe, fetch, resolve
from deployer.errors import Failure
from deployer.lock.lock import LockedRepository
from deployer.lock.wanted import Wanted
from tests.fakes.hub.model import INDEX, model_files
from tests.fakes.hub.server import COMMIT, LISTING, REPO, FakeHub, Fault, blob, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

CANARY = "hf_canaryThatMustNeverBeSeen0123456789"
FAST = replace(PACE, first_wait=0.01, longest_wait=0.01)


@pytest.fixture(autouse=True)
def nobody_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(model_files(shards=1, size=1000)).serving() as hub:
        yield hub


def ask(hub: FakeHub, revision: str = "main", repo: str = REPO, token: str = "") -> str:
    return resolve(repo, revision, hub.environ | {"HF_TOKEN": token}, pace=FAST)


def refusal(hub: FakeHub, revision: str = "main", repo: str = REPO, token: str = "") -> Failure:
    with pytest.raises(Failure) as found:
        ask(hub, revision, repo, token)
    assert CANARY not in found.value.message + found.value.hint + repr(found.value.__cause__)
    return found.value


@pytest.mark.parametrize("revision", ["main", COMMIT, "refs/pr/7"])
def test_a_branch_a_commit_and_a_reference_are_commits(hub: FakeHub, revision: str) -> None:
    hub.commits.add("refs/pr/7")
    assert ask(hub, revision) == COMMIT
    assert len(hub.calls) == 1


def test_a_private_repository_is_found_with_its_token(hub: FakeHub) -> None:
    hub.token = CANARY
    assert ask(hub, token=CANARY) == COMMIT


def test_a_saved_login_counts_where_the_environment_names_no_token(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.token = CANARY
    (tmp_path / "token").write_text(CANARY)
    assert ask(hub) == COMMIT


def test_a_gated_repository_can_be_asked_about_by_anybody(hub: FakeHub) -> None:
    hub.token, hub.gated = CANARY, True
    assert ask(hub) == COMMIT


def test_a_repository_that_nobody_knows_or_may_see_names_both_ways_out(hub: FakeHub) -> None:
    for found in (refusal(hub, repo="tiny/none"), refusal(hub, repo="tiny/none", token=CANARY)):
        assert "knows no tiny/none, or shows it not to everybody" in found.message
        assert found.hint.startswith("look at the name; if it is private, put a token")


def test_a_private_repository_without_a_token_names_the_variable(hub: FakeHub) -> None:
    hub.token = CANARY
    found = refusal(hub)
    assert found.message.endswith("asked with no token (HF_TOKEN)")
    assert "HF_TOKEN" in found.hint
    assert "`modal.hub_secret`" in found.hint


def test_a_wrong_token_is_said_to_be_refused(hub: FakeHub) -> None:
    hub.token = "hf_right"
    assert "refuses the token in HF_TOKEN (401)" in refusal(hub, token=CANARY).message


def test_a_revision_that_is_not_there_is_named(hub: FakeHub) -> None:
    assert refusal(hub, "v9").message.endswith("has no revision v9 of tiny/model")


def test_a_hub_that_cannot_be_reached_is_said_so() -> None:
    with pytest.raises(Failure) as found:
        resolve(REPO, "main", {"HF_ENDPOINT": "http://127.0.0.1:9"}, pace=FAST)
    assert "127.0.0.1:9 cannot be reached" in found.value.message


def test_a_busy_hub_is_asked_again_and_then_given_up(hub: FakeHub) -> None:
    hub.faults = [Fault(LISTING, status=503, times=2)]
    assert ask(hub) == COMMIT
    hub.faults = [Fault(LISTING, status=503, times=99)]
    assert "answers 503" in refusal(hub).message


def test_a_hub_that_is_asked_too_often_says_for_how_long(hub: FakeHub) -> None:
    hub.faults = [Fault(LISTING, status=429, headers={"Retry-After": "300"})]
    assert refusal(hub).message.endswith("answers 429, and asks to wait 300 s")


def test_an_answer_without_a_commit_is_refused(hub: FakeHub) -> None:
    hub.commit = "no commit"
    assert "does not say which commit main" in refusal(hub).message


def learn(hub: FakeHub, repo: str = REPO, token: str = "") -> LockedRepository:
    wanted = Wanted("model", repo, "main")
    return describe(wanted, hub.environ | {"HF_TOKEN": token}, pace=FAST)


def not_learnt(hub: FakeHub, repo: str = REPO, token: str = "") -> Failure:
    with pytest.raises(Failure) as found:
        learn(hub, repo, token)
    assert CANARY not in found.value.message + found.value.hint + repr(found.value.__cause__)
    return found.value


def test_a_repository_is_its_commit_its_files_and_what_the_small_ones_say(hub: FakeHub) -> None:
    hub.files["big.bin"] = bytes(20_000)
    found = learn(hub)

    assert (found.repo, found.revision, found.commit, found.called) == (REPO, "main", COMMIT, "")
    assert found.bytes == sum(map(len, hub.files.values()))
    assert {file.path: file.digest for file in found.files} == {
        path: sha256(data) if len(data) >= 10_000 else blob(data)
        for path, data in hub.files.items()
    }
    assert found.documents == {
        "config.json": {"model_type": "tiny"},
        "generation_config.json": {},
        INDEX: {"metadata": json.loads(hub.files[INDEX])["metadata"]},
    }


def test_nothing_is_read_but_the_list_and_the_small_files(hub: FakeHub) -> None:
    learn(hub)
    assert sorted(filter(None, hub.fetched())) == ["config.json", "generation_config.json", INDEX]


def test_a_gated_repository_shows_its_list_and_not_its_configuration(hub: FakeHub) -> None:
    hub.token, hub.gated = CANARY, True
    found = not_learnt(hub)
    assert "tiny/model is gated, and 127.0.0.1" in found.message
    assert found.hint.startswith("accept the terms of tiny/model on the hub, then put a token")
    assert learn(hub, token=CANARY).commit == COMMIT


def test_a_private_repository_and_none_are_told_apart_by_nobody(hub: FakeHub) -> None:
    hub.token = CANARY
    assert "knows no tiny/model, or shows it not to everybody" in not_learnt(hub).message
    assert "knows no tiny/none" in not_learnt(hub, repo="tiny/none", token=CANARY).message


def test_a_renamed_repository_says_its_name_of_now(hub: FakeHub) -> None:
    hub.former = {"old/name"}
    hub.token = CANARY
    found = learn(hub, repo="old/name", token=CANARY)
    assert (found.repo, found.called, found.commit) == ("old/name", REPO, COMMIT)


def test_a_file_that_is_not_what_the_hub_states_is_refused(hub: FakeHub) -> None:
    hub.stated["config.json"] = b'{"model_type": "tinY"}'
    assert "config.json of tiny/model arrived with other bytes" in not_learnt(hub).message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[1]", "config.json of tiny/model is no JSON object"),
        (b"{", "config.json of tiny/model cannot be read: not JSON"),
        (b'{"a": ' + b"[" * 999, "deep within each other"),
    ],
)
def test_a_configuration_that_is_none_is_said_so(hub: FakeHub, content: bytes, words: str) -> None:
    hub.files["config.json"] = content
    assert words in not_learnt(hub).message


def test_a_configuration_beyond_all_measure_is_not_read(hub: FakeHub) -> None:
    hub.files["config.json"] = b" " * 3_000_000
    assert "config.json of tiny/model has 3,000,000 bytes, so it is not read" in (
        not_learnt(hub).message
    )
    assert hub.fetched() == []


def test_a_hub_that_is_asked_too_often_between_two_files_says_for_how_long(hub: FakeHub) -> None:
    hub.faults = [Fault("config.json", status=429, headers={"Retry-After": "300"})]
    assert not_learnt(hub).message.endswith("answers 429, and asks to wait 300 s")


def test_what_passes_is_waited_for(hub: FakeHub) -> None:
    hub.faults = [Fault("config.json", status=503), Fault("body:config.json", cut=3)]
    assert learn(hub).documents["config.json"] == {"model_type": "tiny"}


def test_the_token_goes_to_no_other_host_that_is_redirected_to(hub: FakeHub) -> None:
    hub.token = CANARY
    away = {"Location": f"{hub.storage}/elsewhere"}
    hub.faults = [Fault(LISTING, times=9, status=307, headers=away)]
    assert "cannot be reached" in not_learnt(hub, token=CANARY).message

    calls = {call.server: call.authorization for call in hub.calls}
    assert calls == {"hub": f"Bearer {CANARY}", "storage": ""}


def test_small_files_are_fetched_whole_or_not_at_all(hub: FakeHub, tmp_path: Path) -> None:
    fetch(REPO, "main", {"config.json", "nosuch.json"}, tmp_path, hub.environ, pace=FAST)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
    assert (tmp_path / "config.json").read_bytes() == hub.files["config.json"]
