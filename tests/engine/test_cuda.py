"""The CUDA environment: what it is made of, where it cannot be, and what is left of a failure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from deployer.cli.main import main
from deployer.engine import cuda
from deployer.engine.cuda import LOCKS, check_driver, check_machine, describe, install, locate
from deployer.engine.locked import read_lock
from deployer.errors import Failure, UsageError

from .stand_ins import NotingRunner, Said

H200 = "NVIDIA H200, 580.159.04"
PINNED = ("sglang", "torch", "sglang-kernel", "nvidia-nccl-cu13")

CAN = sys.version_info[:2] in cuda.PYTHONS


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk check pass wherever the tests run."""
    usage = type("Usage", (), {"free": 10**12})
    monkeypatch.setattr("deployer.engine.cuda.shutil.disk_usage", lambda _path: usage)


class Gpus(NotingRunner):
    """Stands for pip, and for a torch that sees so many GPUs."""

    count = 2

    def __call__(self, command: Sequence[str], **said: Any) -> None:
        super().__call__(command, **said)
        if said["doing"] == "checking the environment":
            told: Callable[[str], None] = said["on_line"]
            told("sglang: 0.5.17")
            told(f"gpus: {self.count}")


@pytest.mark.parametrize("version", list(LOCKS))
def test_a_lock_is_the_releases_own_with_a_hash_for_everything(
    version: str, environ: dict[str, str]
) -> None:
    packages = read_lock(LOCKS[version])
    names = {one.pin.partition("==")[0] for one in packages}

    assert f"sglang=={version}" in {one.pin for one in packages}
    assert set(PINNED) <= names
    assert all(one.hashes for one in packages)
    wanted = describe(version, environ)
    assert 3e9 < wanted.download < wanted.unpacked
    assert "a download of 4." in wanted.text()
    assert wanted.driver == 580


def test_a_release_without_a_lock_says_another_way(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no CUDA environment is locked") as failed:
        describe("0.5.9", environ)
    assert "pip install sglang==0.5.9" in failed.value.hint


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "no NVIDIA driver answers here"),
        ("Tesla T4, 470.82.01", "the driver 470.82.01 of Tesla T4 is too old for SGLang 0.5.17"),
        ("NVIDIA H200, 575.57.08", "too old"),
        ("NVIDIA H200, [N/A]", "too old"),
    ],
)
def test_a_driver_that_will_not_do(said: str, words: str, environ: dict[str, str]) -> None:
    with pytest.raises(Failure, match=words.replace("[", r"\[")) as failed:
        check_driver(describe("0.5.17", environ), said)
    assert failed.value.hint


def test_a_driver_that_will_do(environ: dict[str, str]) -> None:
    assert check_driver(describe("0.5.17", environ), f"{H200}\n{H200}") == "NVIDIA H200"


@pytest.mark.parametrize(
    ("system", "machine", "python", "words"),
    [
        ("darwin", "arm64", (3, 12), "Linux x86_64"),
        ("linux", "aarch64", (3, 12), "Linux x86_64"),
        ("linux", "x86_64", (3, 13), "Python 3.11 or 3.12; this is Python 3.13"),
    ],
)
def test_a_machine_without_wheels(
    system: str, machine: str, python: tuple[int, int], words: str
) -> None:
    with pytest.raises(Failure, match=words):
        check_machine(system, machine, python)


@pytest.mark.skipif(not CAN, reason="the lock has no wheels for this Python")
def test_an_installation(said: Said, environ: dict[str, str]) -> None:
    runner = Gpus()
    made = install("0.5.17", progress=said, environ=environ, run=runner, driver=lambda: H200)

    assert runner.steps == [
        "creating the environment",
        "installing SGLang 0.5.17 with CUDA",
        "checking the environment",
    ]
    pip = " ".join(runner.commands[1])
    assert "--no-deps" in pip
    assert "--require-hashes --only-binary :all:" in pip
    assert runner.locks == [read_lock(LOCKS["0.5.17"])]
    assert locate("0.5.17", environ=environ) == made
    assert cuda.remove("0.5.17", environ=environ)
    assert locate("0.5.17", environ=environ) is None


@pytest.mark.skipif(not CAN, reason="the lock has no wheels for this Python")
def test_a_torch_that_sees_no_gpu_leaves_nothing(said: Said, environ: dict[str, str]) -> None:
    runner = Gpus()
    runner.count = 0
    with pytest.raises(Failure, match="torch sees no GPU"):
        install("0.5.17", progress=said, environ=environ, run=runner, driver=lambda: H200)
    assert not describe("0.5.17", environ).environment.root.exists()


def test_a_disk_without_room_is_said_before_anything_is_made(
    said: Said, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 10**9})
    monkeypatch.setattr("deployer.engine.cuda.shutil.disk_usage", lambda _path: usage)
    monkeypatch.setattr(cuda, "check_machine", lambda *_: None)
    runner = Gpus()
    with pytest.raises(Failure, match="needs about 13 GB of free disk"):
        install("0.5.17", progress=said, environ=environ, run=runner, driver=lambda: H200)
    assert runner.steps == []


def test_nobody_agreed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DEPLOYER_ENGINE_HOME", str(tmp_path))
    monkeypatch.setattr(cuda, "ask_driver", lambda: H200)

    assert main(["engine", "install", "0.5.17", "--gpu"]) == 1
    shown = capsys.readouterr().err
    assert "SGLang 0.5.17 with CUDA for NVIDIA H200: a download of 4.1 GB, about 9 GB" in shown
    assert "nobody agreed" in shown


def test_without_a_driver_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DEPLOYER_ENGINE_HOME", str(tmp_path))
    monkeypatch.setattr(cuda, "ask_driver", lambda: "")

    assert main(["engine", "install", "0.5.17", "--gpu", "--yes"]) == 1
    assert "no NVIDIA driver answers here" in capsys.readouterr().err
