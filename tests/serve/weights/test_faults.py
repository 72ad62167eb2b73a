"""What networks and hubs do, and that a download gets past it or says what stands in the way."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from tests.fakes.hub.model import shard_name
from tests.fakes.hub.server import COMMIT, PIECE, REPO, Fault

from .living import CANARY

if TYPE_CHECKING:
    from .living import Story

pytestmark = pytest.mark.process

SHARD = shard_name(2, 3)
BODY = f"body:{SHARD}"


@pytest.mark.parametrize("cut", [0, 1, 7, 8, PIECE, 12_345, 199_999])
def test_a_cut_connection_goes_on_where_it_was_cut(story: Story, cut: int) -> None:
    story.hub.faults = [Fault(BODY, cut=cut)]
    story.download()
    story.assert_complete()
    starts = [c.start for c in story.hub.calls if c.path == SHARD and c.server == "storage"]
    assert len(starts) == 2
    assert 0 <= cut - starts[1] <= story.pace.piece
    assert story.hub.sent.most_common(1)[0][1] <= 2


def test_cuts_without_end_are_survived_while_something_arrives(story: Story) -> None:
    story.hub.faults = [Fault("body:*", cut=20_000, times=25)]
    story.download()
    story.assert_complete()


def test_a_connection_that_brings_nothing_is_given_up(story: Story) -> None:
    story.hub.faults = [Fault(BODY, cut=0, times=99)]
    with pytest.raises(Failure) as found:
        story.download()
    assert found.value.message == (
        f"fetching {SHARD} failed 5 times, at last because the connection was cut"
    )
    assert "stays" in found.value.hint
    assert not story.marker.exists()
    assert story.events[-1].state == "failed"
    story.hub.faults.clear()
    story.download()
    story.assert_complete()


def test_what_a_failed_download_left_is_gone_on_with(story: Story) -> None:
    story.hub.faults = [Fault(BODY, cut=100_000)]
    story.pace = replace(story.pace, idle_tries=0)
    with pytest.raises(Failure, match=f"fetching {SHARD} failed"):
        story.download()
    story.hub.faults.clear()
    story.hub.calls.clear()
    story.download()
    story.assert_complete()
    (start,) = (c.start for c in story.hub.calls if c.path == SHARD and c.server == "storage")
    assert 100_000 - story.pace.piece <= start <= 100_000


def test_a_file_whose_bytes_trickle_is_given_up_at_last(story: Story) -> None:
    story.pace = replace(story.pace, tries=6, piece=100)
    story.hub.faults = [Fault(BODY, cut=1000, times=99)]
    with pytest.raises(Failure, match="failed 7 times"):
        story.download()


def test_an_answer_that_ends_early_without_a_word_is_gone_on_with(story: Story) -> None:
    story.hub.faults = [Fault(BODY, short=1000)]
    story.download()
    story.assert_complete()


def test_a_connection_that_crawls_is_given_up_for_another(story: Story) -> None:
    story.pace = replace(story.pace, slowest=0.25)
    story.hub.faults = [Fault(BODY, slow=0.3)]
    story.download()
    story.assert_complete()
    starts = [c.start for c in story.hub.calls if c.path == SHARD and c.server == "storage"]
    assert starts[:2] == [0, story.pace.piece]


def test_wrong_bytes_in_the_first_answer_are_fetched_again(story: Story) -> None:
    story.hub.faults = [Fault(BODY, flip=True)]
    story.download()
    story.assert_complete()
    assert story.hub.fetched().count(SHARD) == 4  # twice, each at the hub and at its storage


def test_wrong_bytes_every_time_are_a_failure_that_names_the_file(story: Story) -> None:
    story.hub.faults = [Fault(BODY, flip=True, times=99)]
    with pytest.raises(Failure, match=f"{SHARD} arrived 3 times with another hash"):
        story.download()
    assert not story.marker.exists()
    assert not (story.folder / SHARD).exists()


def test_a_hub_that_states_another_hash_than_it_sends_is_found_out(story: Story) -> None:
    story.hub.stated["config.json"] = b'{"model_type": "fine"}'
    with pytest.raises(Failure, match=r"config\.json arrived 3 times .* \(git-sha1 "):
        story.download()


def test_a_range_that_is_ignored_does_not_spoil_the_file(story: Story) -> None:
    story.hub.faults = [Fault(BODY, cut=50_000), Fault(BODY, whole=True)]
    story.download()
    story.assert_complete()
    assert story.hub.fetched().count(SHARD) == 4  # twice, each at the hub and at its storage


def test_more_bytes_than_the_file_has_are_refused(story: Story) -> None:
    story.hub.faults = [Fault(BODY, extra=b"more")]
    story.download()
    story.assert_complete()


@pytest.mark.parametrize("path", ["list of files", "config.json", SHARD])
@pytest.mark.parametrize("status", [408, 429, 503])
def test_what_passes_is_waited_for(story: Story, path: str, status: int) -> None:
    story.hub.faults = [Fault(path, status=status, times=3)]
    story.download()
    story.assert_complete()


def test_a_hub_that_asks_to_wait_is_not_asked_before(story: Story) -> None:
    story.hub.faults = [Fault("config.json", status=429, headers={"Retry-After": "1"})]
    begun = time.monotonic()
    story.download()
    assert time.monotonic() - begun >= 1.0
    story.assert_complete()


def test_the_end_of_the_hubs_window_counts_as_its_wish_to_wait(story: Story) -> None:
    headers = {"RateLimit": '"resolvers";r=0;t=1234'}
    story.hub.faults = [Fault("config.json", status=429, headers=headers)]
    with pytest.raises(Failure, match=r"asks to wait 1234 s"):
        story.download()


def test_a_hub_that_asks_to_wait_for_hours_is_not_waited_for(story: Story) -> None:
    headers = {"Retry-After": "7200"}
    story.hub.faults = [Fault("config.json", status=429, headers=headers)]
    with pytest.raises(Failure, match=r"answers 429, and asks to wait 7200 s"):
        story.download()


def test_the_storage_refusing_an_old_pass_is_asked_with_a_new_one(story: Story) -> None:
    story.hub.faults = [Fault(SHARD, status=403, times=2, at_storage=True)]
    story.download()
    story.assert_complete()


def test_a_redirect_within_the_hub_is_followed_with_the_token(story: Story) -> None:
    story.hub.token = CANARY  # as for a repository that was renamed
    story.environ = {"HF_TOKEN": CANARY}
    where = {"Location": f"/{REPO}/resolve/{COMMIT}/config.json"}
    story.hub.faults = [Fault("config.json", status=307, headers=where)]
    story.download()
    story.assert_complete()
    assert story.hub.fetched().count("config.json") == 2


def test_a_hub_that_cannot_be_reached_is_a_failure(story: Story) -> None:
    story.environ = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_TOKEN": CANARY}
    with pytest.raises(Failure) as found:
        story.download()
    assert found.value.message == (
        "asking 127.0.0.1:9 for tiny/model failed 5 times, "
        "at last because 127.0.0.1:9 cannot be reached"
    )


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("no address", "HF_ENDPOINT is asked at an address that is none"),
        ("ftp://hub.invalid", "hub.invalid is asked at an address that is none"),
        ("http://me:secret@hub.invalid:port", "HF_ENDPOINT is asked at an address that is none"),
    ],
)
def test_an_endpoint_that_is_none_is_a_failure_at_once(
    story: Story, endpoint: str, message: str
) -> None:
    story.environ = {"HF_ENDPOINT": endpoint}
    with pytest.raises(Failure) as found:
        story.download()
    assert found.value.message == message
    assert "HF_ENDPOINT" in found.value.hint


def test_an_endpoint_that_is_no_hub_is_a_failure_at_once(story: Story) -> None:
    story.environ = {"HF_ENDPOINT": f"{story.hub.storage}/config.json?"}
    with pytest.raises(Failure, match="the hub's list of the files of tiny/model cannot be read"):
        story.download()


def test_a_private_repository_names_the_token_that_is_missing(story: Story) -> None:
    story.hub.token = CANARY
    with pytest.raises(Failure) as found:
        story.download()
    assert "knows no tiny/model, or shows it not to everybody" in found.value.message
    assert "no token (HF_TOKEN)" in found.value.message
    assert "`modal.hub_secret`" in found.value.hint
    assert len(story.hub.calls) == 1


def test_a_gated_repository_names_the_token_and_the_terms(story: Story) -> None:
    story.hub.token, story.hub.gated = CANARY, True
    with pytest.raises(Failure) as found:
        story.download()
    assert "tiny/model is gated, and 127.0.0.1" in found.value.message
    assert "accept the terms of tiny/model" in found.value.hint
    assert "HF_TOKEN" in found.value.hint


def test_a_token_that_is_refused_is_named_and_not_shown(story: Story) -> None:
    story.hub.token = "hf_another"
    story.environ = {"HF_TOKEN": CANARY}
    with pytest.raises(Failure, match=r"refuses the token in HF_TOKEN \(401\)") as found:
        story.download()
    assert CANARY not in story.said() + repr(found.value) + found.value.hint
    assert CANARY.encode() not in pickle.dumps(found.value)  # as Modal carries it


@pytest.mark.parametrize("token", [f"{CANARY}\nX-More: 1", f"{CANARY}\u00e9"])
def test_a_token_with_a_line_end_is_refused_unshown(story: Story, token: str) -> None:
    story.environ = {"HF_TOKEN": token}
    with pytest.raises(Failure, match="HF_TOKEN holds characters that no token has"):
        story.download()
    assert CANARY not in story.said()
    assert story.hub.calls == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_file_that_is_refused_is_a_failure_at_once(story: Story, status: int) -> None:
    story.hub.faults = [Fault("config.json", status=status, times=99)]
    with pytest.raises(Failure) as found:
        story.download()
    assert "HF_TOKEN" in found.value.message + found.value.hint
    assert story.hub.fetched().count("config.json") == 1


def test_a_commit_that_the_hub_lacks_is_a_failure_at_once(story: Story) -> None:
    story.commit_hash = "e" * 40
    with pytest.raises(Failure, match=f"has no revision {'e' * 40} of tiny/model"):
        story.download()


def test_an_answer_for_another_commit_is_refused(story: Story) -> None:
    story.hub.commit = "f" * 40
    with pytest.raises(Failure, match=f"the hub lists commit {'f' * 40}"):
        story.download()
