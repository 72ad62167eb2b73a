"""What an engine tells of its progress, on the loopback, and a request of our own for one token.

Of SGLang's routes (0.5.9 to 0.5.23, each release's source is held to this by a test):

- ``/metrics`` has the counters, only with ``--enable-metrics``, which the runtime therefore adds.
  ``realtime_tokens_total`` counts in the scheduler, at each step, by mode. What has come out of the
  engine is counted in its parent, behind the detokenizer: an answer's first token, and the others.
- ``/v1/loads`` has running and waiting requests without a flag. Before 0.5.13 the parent asks the
  scheduler for them, later it reads what the scheduler last wrote (every 15 steps at least, and
  when it is idle). ``num_running_reqs`` in ``/metrics`` is as old as the last line of the log.
- ``/get_load`` is gone since 0.5.21, and ``/server_info`` asks the scheduler and shows the key.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import requests

from deployer.codec import read_json
from deployer.serve.liveness import Account, Rank

if TYPE_CHECKING:
    from collections.abc import Iterator

METRICS_FLAG = "--enable-metrics"

METRICS = "/metrics/"
"""With the slash: it is a mounted app, and redirects to this."""

LOADS = "/v1/loads?include=core"

COMPUTED = "sglang:realtime_tokens_total"
CAME_OUT = (
    "sglang:time_to_first_token_seconds_count",
    "sglang:inter_token_latency_seconds_count",
    "sglang:generation_tokens_total",
)

GENERATE = "/generate"
ONE_TOKEN = {
    "input_ids": [0],
    "sampling_params": {"max_new_tokens": 1, "temperature": 0.0, "ignore_eos": True},
    "log_metrics": False,
}
"""What SGLang's own health call asks of itself (``health_generate`` in http_server.py)."""

OK = 200

_SAMPLE = re.compile(r"(?P<name>sglang:\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def ask(port: int, key: str, timeout: float) -> Account | None:
    """Ask an engine for its account; None where it does not answer within ``timeout`` seconds."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business on the loopback
        try:
            metrics = _get(session, port, METRICS, headers, timeout)
            loads = _get(session, port, LOADS, headers, timeout)
        except requests.RequestException:
            return None
    return account(metrics, loads)


def send_one(port: int, key: str, timeout: float) -> int:
    """Ask for one token; gives the status of the answer, 0 where there was none."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                f"http://127.0.0.1:{port}{GENERATE}",
                data=json.dumps(ONE_TOKEN),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            )
        except requests.RequestException:
            return 0
        return answer.status_code


def account(metrics: str | None, loads: str | None) -> Account:
    """Read an engine's answers; None is an answer that has no such thing."""
    computed: dict[int, dict[str, float]] = {}
    delivered, counts = 0.0, False
    for name, labels, value in _samples(metrics or ""):
        if name == COMPUTED:
            counts = True
            rank = computed.setdefault(_number(labels.get("dp_rank")), {})
            mode = "decode" if labels.get("mode") == "decode" else "prefill"
            rank[mode] = rank.get(mode, 0.0) + value
        elif name in CAME_OUT:
            counts = True
            delivered += value
    requests_ = _loads(loads or "")
    if not counts:
        return Account(counts=False)
    ranks = tuple(
        Rank(*requests_.get(number, (0, 0)), tokens.get("prefill", 0.0), tokens.get("decode", 0.0))
        for number, tokens in sorted({**{one: {} for one in requests_}, **computed}.items())
    )
    return Account(delivered, ranks)


def _get(
    session: requests.Session, port: int, path: str, headers: dict[str, str], timeout: float
) -> str | None:
    answer = session.get(
        f"http://127.0.0.1:{port}{path}", headers=headers, timeout=timeout, allow_redirects=False
    )
    return answer.text if answer.status_code == OK else None


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for line in text.splitlines():
        if found := _SAMPLE.fullmatch(line):
            try:
                value = float(found["value"])
            except ValueError:
                continue
            yield found["name"], dict(_LABEL.findall(found["labels"] or "")), value


def _loads(text: str) -> dict[int, tuple[int, int]]:
    """Give running and waiting requests by the number of their scheduler."""
    try:
        listed: Any = read_json(text)["loads"]
        return {
            _number(each.get("dp_rank")): (
                int(each["num_running_reqs"]),
                int(each["num_waiting_reqs"]),
            )
            for each in listed
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _number(rank: object) -> int:
    try:
        return int(str(rank))
    except ValueError:
        return 0
