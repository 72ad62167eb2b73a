"""Streams of random tokens: how many at a time, how fast.

They go to an engine's own `/generate`, or, with a ``key``, to `/v1/completions` as clients do.
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import statistics
import threading
import time
from dataclasses import dataclass
from typing import Any

WORDS = 20, 1000
"""The token ids that prompts are made of: ordinary ones in every vocabulary of the shapes."""

SEEDS = itertools.count()
"""Of every stream that is ever asked for: a prompt that comes again is in the prefix cache."""

PIECE = b"data: "
END = b"data: [DONE]"


@dataclass
class Answer:
    """One stream: seconds to the first token, between two of them, to the end; what was wrong."""

    first: float = 0.0
    each: float = 0.0
    whole: float = 0.0
    tokens: int = 0
    wrong: str = ""


def ask(
    port: int, streams: int, count: int, size: tuple[int, int], timeout: float, key: str = ""
) -> dict[str, Any]:
    """Send ``count`` requests, so many at a time; ``size`` are the tokens in and out of each."""
    todo = [Answer() for _ in range(count)]
    left = iter(todo)
    lock = threading.Lock()
    limit = time.monotonic() + timeout

    def work(seed: int) -> None:
        own = random.Random(seed)  # noqa: S311 - prompts, not secrets
        while True:
            with lock:
                answer = next(left, None)
            if answer is None:
                return
            _stream(port, size, own, answer, limit, key)

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(next(SEEDS),)) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _row(todo, time.perf_counter() - began, size[0])


def _stream(
    port: int, size: tuple[int, int], own: random.Random, answer: Answer, limit: float, key: str
) -> None:
    path, body = _question([own.randint(*WORDS) for _ in range(size[0])], size[1], key)
    left = limit - time.monotonic()
    if left <= 0:
        answer.wrong = "time was up"
        return
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=left)
    began = time.perf_counter()
    last = b""
    try:
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        connection.request("POST", path, json.dumps(body), head)
        response = connection.getresponse()
        for line in response:
            if not line.startswith(PIECE) or line.startswith(END):
                continue
            if not last:
                answer.first = time.perf_counter() - began
            last = line
        answer.whole = time.perf_counter() - began
        answer.tokens = _counted(json.loads(last[len(PIECE) :]))
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
        answer.wrong = repr(error)[:200]
    finally:
        connection.close()
    if answer.tokens > 1:
        answer.each = (answer.whole - answer.first) / (answer.tokens - 1)


def _question(prompt: list[int], tokens: int, key: str) -> tuple[str, dict[str, Any]]:
    if not key:
        sampling = {"max_new_tokens": tokens, "ignore_eos": True, "temperature": 0}
        return "/generate", {"input_ids": prompt, "stream": True, "sampling_params": sampling}
    return "/v1/completions", {
        "model": "m", "prompt": prompt, "max_tokens": tokens, "ignore_eos": True, "temperature": 0,
        "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip


def _counted(last: dict[str, Any]) -> int:
    """Give how many tokens came out, by the last piece of a stream."""
    return int((last.get("meta_info") or last["usage"])["completion_tokens"])


def _row(answers: list[Answer], seconds: float, size: int) -> dict[str, Any]:
    good = [each for each in answers if not each.wrong]
    wrong = [each.wrong for each in answers if each.wrong]
    row: dict[str, Any] = {"requests": len(answers), "completed": len(good)}
    if wrong:
        row["error"] = f"{len(wrong)} of {len(answers)} requests were lost: {wrong[0]}"
    if good:
        row |= {
            "seconds": round(seconds, 2),
            "output_per_s": round(sum(each.tokens for each in good) / seconds, 1),
            "input_per_s": round(size * len(good) / seconds, 1),
            "first_ms": _spread([each.first for each in good]),
            "each_ms": _spread([each.each for each in good]),
        }
    return row


def _spread(seconds: list[float]) -> list[float]:
    """Give the median and the largest, in milliseconds."""
    return [round(1000 * statistics.median(seconds), 2), round(1000 * max(seconds), 2)]
