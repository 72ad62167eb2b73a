"""Whether GPUs can hold weights at all: what cannot be is refused, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.apply.modal import remote
from deployer.behaviour.room import too_large
from deployer.cli.reading import read_release
from deployer.errors import Failure
from deployer.release import Argument, Hardware
from deployer.serve.weights.held import weights_held
from deployer.serve.weights.manifest import SHA256, HubFile, Manifest
from deployer.serve.weights.marker import Complete, write_marker

GB = 10**9
RELEASE = replace(read_release("profiles/b200-no-spec.yaml"), hardware=Hardware("H200", 8))
"""8 H200 have 8 * 143,771 MiB = 1,206 GB."""


@pytest.mark.parametrize(
    ("size", "config", "fits"),
    [
        (1_205 * GB, {}, True),
        (1_207 * GB, {}, False),
        (1_220 * GB, {"num_hidden_layers": 78, "num_nextn_predict_layers": 1}, True),
        (1_223 * GB, {"num_hidden_layers": 78, "num_nextn_predict_layers": 1}, False),
        (1_220 * GB, {"text_config": {"num_hidden_layers": 60, "mtp_num_hidden_layers": 1}}, True),
        (1_220 * GB, {"num_hidden_layers": "78", "num_nextn_predict_layers": -9}, False),
        (0, {}, True),
    ],
)
def test_weights_are_held_against_all_memory(
    size: int, config: dict[str, object], *, fits: bool
) -> None:
    assert (too_large(RELEASE, size, config) == "") is fits


def test_the_words_name_what_there_is() -> None:
    assert too_large(RELEASE, 1_504 * GB, {}) == (
        "the weights of zai-org/GLM-5.1-FP8 are 1,504 GB, and 8 x H200 have 1,206 GB in all"
    )


def test_what_lies_elsewhere_or_becomes_smaller_is_not_judged() -> None:
    offload = Argument("--cpu-offload-gb", ("80",), "engine.args.cpu-offload-gb")
    release = replace(RELEASE, arguments=(*RELEASE.arguments, offload))
    assert too_large(release, 9_000 * GB, {}) == ""
    assert too_large(replace(RELEASE, hardware=Hardware("X1", 8)), 9_000 * GB, {}) == ""


def test_a_container_refuses_by_what_lies_on_the_volume(tmp_path: Path) -> None:
    model = replace(RELEASE.model, path=str(tmp_path))
    assert weights_held(model) == (0, {})
    (tmp_path / "config.json").write_text(json.dumps({"num_hidden_layers": 78}))
    files = (HubFile("a.safetensors", 1_504 * GB, SHA256, "0" * 64),)
    manifest = Manifest(model.repo, model.commit, files)
    write_marker(str(tmp_path), Complete.of(manifest, 0.0))

    assert weights_held(model) == (1_504 * GB, {"num_hidden_layers": 78})
    with pytest.raises(Failure, match="are 1,504 GB, and 8 x H200 have 1,206 GB in all"):
        remote._refuse_too_large(replace(RELEASE, model=model))
