"""A hub, a registry, and a profile that names what they have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployer.cli.main import main
from tests.fakes.hub.server import FakeHub
from tests.fakes.registry.server import FakeRegistry

QWEN = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 5120,
    "num_hidden_layers": 64, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128,
    "intermediate_size": 25600, "vocab_size": 151936, "torch_dtype": "bfloat16",
    "max_position_embeddings": 40960, "tie_word_embeddings": False,
}  # fmt: skip
"""Qwen3-32B's shapes, under a name of which no facts are shipped."""

PROFILE = """\
name: own
target: modal
model:
  repo: {repo}
  revision: main
  served_name: own
hardware:
  gpu: H200
  count: {count}
engine:
  version: 0.5.23
  image: {image}
modal:
  app: own
  weights: {{volume: w, path: /w}}
  kernel_cache: {{volume: k, path: /k}}
  api_key_secret: key
"""


@dataclass
class Place:
    """A folder with a profile, and whom its lock asks."""

    folder: Path
    hub: FakeHub
    registry: FakeRegistry
    capture: pytest.CaptureFixture[str]

    def profile(self, name: str = "own", more: str = "", count: int = 8) -> str:
        text = PROFILE.format(repo=self.hub.repo, image=self.registry.image("v0.5.23"), count=count)
        path = self.folder / f"{name}.yaml"
        path.write_text(text.replace("name: own", f"name: {name}") + more, encoding="utf-8")
        return path.name

    def run(self, *words: str) -> tuple[int, str, str]:
        self.capture.readouterr()
        code = main(list(words))
        out, err = self.capture.readouterr()
        return code, out, err

    def lock(self, name: str = "own") -> Path:
        return self.folder / f"compiled/{name}.lock.json"

    def config(self, **keys: object) -> None:
        self.hub.files["config.json"] = json.dumps(QWEN | keys).encode()
