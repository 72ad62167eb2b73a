"""Every GPU that a profile may name can be pretended."""

import typing

import pytest

from deployer.engine.gpus import gpu_of
from deployer.errors import Failure
from deployer.facts.gpus import GPUS
from deployer.profile.sections.hardware import Hardware


def test_every_gpu_of_a_profile_is_known() -> None:
    names = typing.get_args(Hardware.model_fields["gpu"].annotation)
    assert set(names) - set(GPUS) == {"none"}


def test_memory_is_in_mib_and_has_a_source() -> None:
    assert GPUS["B200"].memory == 183_359
    assert GPUS["H200"].memory == 143_771
    assert all(10_000 < gpu.memory < 300_000 for gpu in GPUS.values())
    assert all(
        "github.com" in gpu.source or "aiconfigurator" in gpu.source for gpu in GPUS.values()
    )


def test_a_cpu_is_no_gpu() -> None:
    assert gpu_of("none") is None


def test_an_unknown_gpu_says_which_are_known() -> None:
    with pytest.raises(Failure, match="H20") as caught:
        gpu_of("H20")
    assert "H200" in caught.value.hint
