"""The stages of an engine's start, as its own log tells them.

The words are SGLang's: ``srt/model_executor/model_runner.py``, ``srt/entrypoints/http_server.py``,
``srt/layers/deep_gemm_wrapper/compile_utils.py``, 0.5.9 to 0.5.23.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.late import compile_pattern

ORDER = (
    "imports", "distributed", "weights", "pool", "kernels", "graphs", "http", "self-test",
    "serving", "drain",
)  # fmt: skip
"""The stages, in the order in which a start reaches them at first; a draft's weights come later."""

WORDS = {
    "imports": "importing the engine",
    "distributed": "connecting the ranks",
    "weights": "loading weights",
    "pool": "sizing the KV pool",
    "kernels": "preparing kernels",
    "graphs": "capturing graphs",
    "http": "starting the HTTP server",
    "self-test": "answering the engine's own request",
    "health": "waiting until it is healthy",
    "container": "starting the container",
    "volumes": "looking at weights and kernels",
    "caches": "reading what earlier starts have compiled",
    "warmup": "answering the warm-up requests",
    "serving": "serving",
    "drain": "draining",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that tells of a stage: that it ``begins``, or how it ended.

    ``elapsed`` is what the engine measured, in seconds, ``gigabytes`` what it says that one rank
    has loaded (units of 2^30 bytes, as SGLang counts); None where the line does not say.
    """

    stage: str
    begins: bool
    elapsed: float | None = None
    gigabytes: float | None = None


_MARKS = tuple(
    (words, compile_pattern(pattern), stage, begins)
    for words, pattern, stage, begins in (
        ("server_args=", r"server_args=", "imports", True),
        ("Init ", r"Init (?:torch distributed|parallel|nccl) begin", "distributed", True),
        ("Init ", r"Init (?:torch distributed|parallel|nccl) ends", "distributed", False),
        ("Load weight begin", r"Load weight begin", "weights", True),
        ("Load weight end", r"Load weight end", "weights", False),
        ("KV Cache is allocated", r"KV Cache is allocated", "pool", True),
        ("Memory pool end", r"Memory pool end", "pool", False),
        ("DeepGEMM", r"(?:Try|Entering) DeepGEMM|DeepGEMM warmup", "kernels", True),
        ("FlashInfer autotune", r"Running FlashInfer autotune", "kernels", True),
        ("FlashInfer autotune", r"FlashInfer autotune completed", "kernels", False),
        ("graph begin", r"Capture .*graph begin", "graphs", True),
        ("graph end", r"Capture .*graph end", "graphs", False),
        ("Started server process", r"(?:INFO: +)?Started server process", "http", True),
        ("Uvicorn running", r"(?:INFO: +)?Uvicorn running on", "self-test", True),
        ("fired up", r"The server is fired up", "serving", True),
        ("SIGTERM received", r"SIGTERM received", "drain", True),
    )
)  # fmt: skip

_ELAPSED = compile_pattern(r"elapsed=(\d+(?:\.\d+)?) ?s")
_LOADED = compile_pattern(r"mem usage=(\d+(?:\.\d+)?) ?GB")

LIFE = compile_pattern(
    r"(?:Prefill|Decode) batch[,.] |(?:INFO: +)?\S+ - \"(?:GET|POST) .*\" 200 OK"
)
"""What only an engine writes that still works."""


def mark(text: str) -> Mark | None:
    """Say which stage a line tells of, if any."""
    for words, pattern, stage, begins in _MARKS:
        if words in text and pattern.match(text):
            elapsed, loaded = _ELAPSED.search(text), _LOADED.search(text)
            return Mark(
                stage,
                begins,
                float(elapsed[1]) if elapsed and not begins else None,
                float(loaded[1]) if loaded and not begins and stage == "weights" else None,
            )
    return None
