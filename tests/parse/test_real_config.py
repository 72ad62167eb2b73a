"""Config files become the words that each release's own merger makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.facts.sglang.catalogue import Catalogue, load
from deployer.parse.config import ConfigError, config_words
from tests.engines.real_parser import shared

pytestmark = [pytest.mark.wheels]

TEXTS = [
    "",
    "model-path: m\ntp-size: 8\n",
    "model_path: m\ntp: 8\n",
    "trust-remote-code: true\nenable-metrics: false\n",
    "enable_metrics: true\n",
    "log-requests: true\nno-such: true\nother: false\n",
    "lora-paths: [a, b]\n",
    "lora_paths: a\n",
    "nsa-decode-backend: trtllm\n",
    "dsa-decode-backend: trtllm\n",
    "dsa_decode_backend: trtllm\n",
    "cuda-graph-max-bs: 8\ncuda-graph-bs: [1, 2]\n",
    "cuda-graph-max-bs-decode: 8\n",
    "disable-cuda-graph: true\n",
    "enable-dp-attention: true\n",
    "stream-output: true\n",
    "model-loader-extra-config: {a: true, b: [1]}\n",
    "mem-fraction-static: 0.85\nchunked-prefill-size: -1\n",
    "chat-template: null\nserved-model-name: 'a b'\n",
    "config: other.yaml\n",
    "help: true\n",
    "stop: []\n",
    "- a\n",
    "a: [\n",
    "enable-hierarchical-cache: true\nhicache-ratio: 2.0\n",
    "monokernel-backend: amd\n",
    "tensor-parallel-size: 8\nexpert-parallel-size: 1\n",
]


@pytest.mark.parametrize(
    "version", ["0.5.9", "0.5.10.post1", "0.5.14", "0.5.18", "0.5.22", "0.5.23"]
)
def test_the_words_are_those_of_the_real_merger(version: str, tmp_path: Path) -> None:
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number:03}.yaml").write_text(text, encoding="utf-8")
    answers = shared(version).merged(tmp_path)

    assert len(answers) == len(TEXTS)
    for text, theirs in zip(TEXTS, answers, strict=True):
        ours = mine(load(version), text)
        assert (ours is None) == isinstance(theirs, str), (text, theirs, ours)
        assert ours is None or ours == theirs, text


def mine(catalogue: Catalogue, text: str) -> list[str] | None:
    try:
        return list(config_words(catalogue, text))
    except ConfigError:
        return None
