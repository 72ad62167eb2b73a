"""A list with its cures: fewer faults, the same the second time, nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.facts.sglang.catalogue import load
from deployer.parse.mend import mended
from deployer.parse.read import parse
from tests.parse.lists import lists
from tests.volume import scaled

PLANTED = {
    "0.5.23": [
        "--nsa-decode-backend trtllm",
        "--cuda-graph-max-bs 8",
        "--attention-backend nsa",
        "--kv-cache-dtype fp8",
        "--dtype bf16",
        "--max-model-len 8192",
        "--enable-ep-moe",
        "--enable-overlap-schedule",
        "--trust-remote-code true",
        "--tp 8",
        "--enable-auto-tool-choice",
    ],
    "0.5.10": ["--dsa-decode-backend trtllm", "--enable-deepep-moe", "--tensor-parallel 4"],
}
SANE = ["--port 30001", "--served-model-name a", "--max-running-requests 64", "--log-level info"]


@pytest.mark.parametrize("version", PLANTED)
@given(data=st.data())
@scaled(0.15)
def test_planted_mistakes_are_mended_and_nothing_else_moves(
    version: str, data: st.DataObject
) -> None:
    parts = data.draw(st.permutations(PLANTED[version]))
    taken = parts[: data.draw(st.integers(1, len(parts)))]
    mixed = data.draw(st.permutations([*taken, *SANE]))
    words = ["--model-path", "m", *(word for part in mixed for word in part.split())]
    catalogue = load(version)
    found = mended(catalogue, words)

    assert parse(catalogue, words).faults
    assert parse(catalogue, found).faults == ()
    assert mended(catalogue, found) == found
    sane = [word for part in mixed if part in SANE for word in part.split()]
    kept = iter(found)
    assert all(word in kept for word in sane), "what was right stands there still, in its order"


@pytest.mark.parametrize("version", PLANTED)
@given(data=st.data())
@scaled(0.25)
def test_any_list_has_no_more_faults_than_before_and_is_the_same_the_second_time(
    version: str, data: st.DataObject
) -> None:
    catalogue = load(version)
    words = data.draw(lists(catalogue))
    found = mended(catalogue, words)
    before, after = parse(catalogue, words), parse(catalogue, found)

    assert len(after.faults) <= len(before.faults)
    assert after.accepted or not before.accepted
    assert mended(catalogue, found) == found


def test_what_somebody_must_decide_stays() -> None:
    for words in ("--gpu-memory-utilization 0.9", "--mem-fraction-statik 0.8", "--disable-mla"):
        given = ("--model-path", "m", *words.split())
        assert mended(load("0.5.23"), given) == given
