"""Which GPUs a machine has, by its driver, and which shape of a deployment that is."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.cli.reading import read_release
from deployer.errors import Failure
from deployer.facts.gpus import GPUS
from deployer.release import Hardware
from deployer.serve.machine import Found, gpus_here, shape_here

pytestmark = pytest.mark.process

BOTH = read_release("profiles/b200-or-h200.yaml")
SCRIPT = Path(__file__).parents[1] / "fakes" / "nvidia_smi.py"


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give a machine with a driver, whose GPUs FAKE_GPUS lists."""
    shim = tmp_path / "nvidia-smi"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SCRIPT}" "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return monkeypatch


def listed(name: str, count: int = 8) -> str:
    gpu = GPUS[name]
    line = f"{gpu.name}, {gpu.capability[0]}.{gpu.capability[1]}, {gpu.memory}"
    return "\n".join([line] * count)


def test_each_kind_is_told_from_every_other_by_what_the_driver_says() -> None:
    assert len(GPUS) > 10
    for name, gpu in GPUS.items():
        found = Found("whatever it is called", gpu.capability, gpu.memory)
        same = {other for other, its in GPUS.items() if found.is_a(its)}
        assert {each.removesuffix("!") for each in same} == {name.removesuffix("!")}
        assert replace(found, memory=int(gpu.memory * 1.02)).is_a(gpu)
        assert not replace(found, memory=int(gpu.memory * 1.1)).is_a(gpu)


def test_a_machine_is_the_shape_of_its_gpus(driver: pytest.MonkeyPatch) -> None:
    (other,) = BOTH.shapes
    h100 = replace(other, hardware=Hardware("H100", 8))
    strict = replace(other, hardware=Hardware("H100!", 8))
    cases = (
        ("B200", BOTH, "B200:8"),
        ("H200", BOTH, "H200:8"),
        ("H200", replace(BOTH, shapes=(h100, other)), "H200:8"),  # its own before an upgrade
        ("H200", replace(BOTH, shapes=(h100,)), "H100:8"),
        ("H100", replace(BOTH, shapes=(strict,)), "H100!:8"),
    )
    found = []
    for gpu, deployed, _ in cases:
        driver.setenv("FAKE_GPUS", listed(gpu))
        shape, words = shape_here(deployed)
        assert (shape.shapes, words) == ((), f"8 x {GPUS[gpu].name}")
        found.append(shape.shape)
    assert found == [wanted for _, _, wanted in cases]


def test_nothing_is_asked_where_there_is_one_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (one,) = BOTH.shapes
    assert shape_here(one) == (one, "")


def test_what_has_no_shape_or_no_answer_is_a_failure_in_words(driver: pytest.MonkeyPatch) -> None:
    (other,) = BOTH.shapes
    strict = replace(BOTH, shapes=(replace(other, hardware=Hardware("H100!", 8)),))
    cases = (
        (listed("H100"), BOTH, "8 x NVIDIA H100 80GB HBM3 (sm90 with 80 GiB)"),
        (listed("H200"), strict, "8 x NVIDIA H200 (sm90 with 140 GiB)"),
        (listed("B200", 4), BOTH, "4 x NVIDIA B200"),
        (f"{listed('B200', 4)}\n{listed('H200', 4)}", BOTH, "8 x NVIDIA B200, NVIDIA H200"),
        ("", BOTH, "no GPU"),
        ("NVIDIA B200, [N/A], 183359", BOTH, "is not known"),
        (None, BOTH, "`nvidia-smi` says NVIDIA-SMI has failed"),
    )
    for gpus, deployed, said in cases:
        driver.delenv("FAKE_GPUS", raising=False)
        if gpus is not None:
            driver.setenv("FAKE_GPUS", gpus)
        with pytest.raises(Failure) as failed:
            shape_here(deployed)
        assert said in failed.value.message, failed.value.message
    driver.setenv("PATH", "/nowhere")
    with pytest.raises(Failure, match="which GPUs this container has is not known"):
        gpus_here()
