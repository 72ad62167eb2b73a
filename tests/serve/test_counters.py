"""Reading what an engine tells of itself."""

from __future__ import annotations

import json

from deployer.serve.counters import account
from deployer.serve.liveness import Account, Rank

METRICS = """\
# HELP sglang:realtime_tokens_total Total number of tokens processed
# TYPE sglang:realtime_tokens_total counter
sglang:realtime_tokens_total{engine_type="unified",mode="prefill_compute",tp_rank="0"} 1498.0
sglang:realtime_tokens_total{engine_type="unified",mode="decode",tp_rank="0"} 412.0
sglang:realtime_tokens_total{engine_type="unified",mode="prefill_cache",tp_rank="0"} 337.0
sglang:generation_tokens_total{is_streaming="false",model_name="glm-tiny"} 359.0
sglang:generation_tokens_total{is_streaming="true",model_name="glm-tiny"} 56.0
sglang:time_to_first_token_seconds_count{model_name="glm-tiny"} 15.0
sglang:time_to_first_token_seconds_bucket{le="0.1"} 9.0
sglang:inter_token_latency_seconds_count{model_name="glm-tiny"} 84.0
sglang:num_running_reqs{model_name="glm-tiny"} 7.0
"""
"""As SGLang 0.5.23 wrote it, and cut."""


def loads(*ranks: tuple[object, int, int]) -> str:
    listed = [
        {"dp_rank": number, "num_running_reqs": running, "num_waiting_reqs": waiting}
        for number, running, waiting in ranks
    ]
    return json.dumps({"version": "0.5.23", "loads": listed})


def test_an_account_is_read_from_both_answers() -> None:
    found = account(METRICS, loads((0, 3, 2)))
    assert found == Account(359.0 + 56.0 + 15.0 + 84.0, (Rank(3, 2, 1498.0 + 337.0, 412.0),))
    assert found.requests == 5


def test_each_data_parallel_scheduler_has_its_own() -> None:
    text = "\n".join(
        f'sglang:realtime_tokens_total{{dp_rank="{rank}",mode="decode"}} {rank + 1}.0'
        for rank in range(3)
    )
    found = account(text, loads((0, 1, 0), (1, 0, 0), (2, 4, 0)))
    assert [(rank.running, rank.decode) for rank in found.ranks] == [(1, 1.0), (0, 2.0), (4, 3.0)]


def test_an_engine_without_the_counters_is_not_taken_for_one_that_counts_nothing() -> None:
    for metrics in (None, "", "sglang:cache_hit_rate 0.0\n", "<html>", METRICS[:40]):
        found = account(metrics, loads((0, 1, 0)))
        assert found == Account(counts=False)


def test_an_engine_that_does_not_tell_its_requests_still_counts_tokens() -> None:
    for told in (None, "", "[]", '{"loads": [{}]}', '{"loads": 3}', "{"):
        found = account(METRICS, told)
        assert found.counts
        assert found.ranks == (Rank(0, 0, 1835.0, 412.0),)


def test_nonsense_among_the_samples_is_passed_over() -> None:
    text = f"sglang:generation_tokens_total nan?\n{METRICS}sglang:realtime_tokens_total{{\n"
    assert account(text, loads((None, 1, 0))) == account(METRICS, loads((0, 1, 0)))
