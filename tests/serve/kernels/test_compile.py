"""Compilations that are real processes: they end well, die, hang, and are interrupted."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from deployer.errors import Failure, Interrupted
from deployer.event import Event
from deployer.release import Engine
from deployer.serve.kernels.run import CompileFailure
from deployer.serve.kernels.verify import verify
from tests.interrupted import at_any_moment
from tests.serve.living import leaks, relatives, wait_for

from .kitchen import BLOCKWISE, HUB_TOKEN, Kitchen, on_gpu, put_kernel, put_model

pytestmark = pytest.mark.process


def test_kernels_are_on_the_volume_before_the_marker(kitchen: Kitchen) -> None:
    marker = kitchen.compile("--kernels", "5")
    assert len(marker.entries) == 5
    assert kitchen.commits == [(5, 0), (5, 1)]
    assert verify(kitchen.release, kitchen.cache) == ()
    assert kitchen.events[0].state == "started"
    assert kitchen.events[-1].state == "done"
    assert {e.phase for e in kitchen.events} == {"kernels"}
    assert "5 kernels" in kitchen.events[-1].message
    assert "finished successfully" in kitchen.output


def test_a_second_time_starts_nothing(kitchen: Kitchen) -> None:
    first = kitchen.compile()
    said = kitchen.output
    second = kitchen.compile("--exit-early", "9")
    assert second == first
    assert kitchen.output == said
    assert len(kitchen.commits) == 2
    assert "nothing to compile" in kitchen.events[-1].message


def test_only_new_kernels_are_compiled(kitchen: Kitchen) -> None:
    kitchen.compile("--kernels", "2")
    kitchen.release = replace(
        kitchen.release, engine=Engine("sglang", "0.5.23", "image", ("python3",))
    )
    before = kitchen.output
    marker = kitchen.compile("--kernels", "4")
    assert len(marker.entries) == 4
    after = kitchen.output[len(before) :]
    assert "compiled 0" not in after
    assert "compiled 3" in after
    assert "because none have been compiled for this release: engine.version" in kitchen.told()
    assert len(kitchen.markers()) == 2


def test_kernels_of_the_later_layout_are_kept_and_used_again(kitchen: Kitchen) -> None:
    first = kitchen.compile("--committed")
    assert all((folder / ".committed").exists() for folder in kitchen.kernels())
    kitchen.markers()[0].unlink()
    before = kitchen.output
    assert kitchen.compile("--committed").entries == first.entries
    assert "compiled" not in kitchen.output[len(before) :]


def test_nothing_is_started_that_nobody_would_use(kitchen: Kitchen) -> None:
    kitchen.release = on_gpu("L40S")
    marker = kitchen.compile("--exit-early", "9")
    assert marker.summary() == "no kernels (DeepGEMM needs sm90 or later, and L40S is sm89)"
    assert kitchen.output == ""
    assert verify(kitchen.release, kitchen.cache) == ()


def test_a_lost_server_is_what_is_said_though_its_kernels_cannot_be_kept(kitchen: Kitchen) -> None:
    def lock(event: Event) -> None:
        kitchen.events.append(event)
        if event.message.startswith("kernels compile"):
            (kitchen.cache / "cache").touch()  # a file where the kernels should be

    with pytest.raises(CompileFailure, match="the server that compiles"):
        kitchen.compile("--die", "exit", tell=lock)
    assert "warning: the kernels cannot be copied" in kitchen.told()


def test_no_new_kernel_is_proof_enough_when_the_engine_spoke_of_them(kitchen: Kitchen) -> None:
    first = kitchen.compile()
    kitchen.markers()[0].unlink()
    assert kitchen.compile().entries == first.entries


@pytest.mark.parametrize(("how", "said"), [("exit", "exit code 7"), ("kill", "killed by SIGKILL")])
def test_a_dead_server_is_noticed_at_once(kitchen: Kitchen, how: str, said: str) -> None:
    began = time.monotonic()
    with pytest.raises(CompileFailure, match=f"the server that compiles.*{said}") as caught:
        kitchen.compile("--die", how)
    assert time.monotonic() - began < 300, "the compilation would have gone on for 600 s"
    assert any("last words" in line for line in caught.value.detail)
    assert kitchen.events[-1].state == "failed"
    assert any("last words" in line for line in kitchen.events[-1].detail)
    assert not kitchen.markers()
    assert kitchen.commits == [(3, 0)]  # whole kernels shorten the next try


def test_a_dead_scheduler_is_noticed_at_once(kitchen: Kitchen) -> None:
    with pytest.raises(CompileFailure, match=r"sglang::scheduler_TP0.*has ended"):
        kitchen.compile("--lose-scheduler")
    assert not kitchen.markers()


def test_a_hang_is_bounded(kitchen: Kitchen) -> None:
    with pytest.raises(CompileFailure, match="not done after 2 s"):
        kitchen.compile("--hang", budget=2.0)
    assert not kitchen.markers()


@pytest.mark.parametrize("code", [0, 3])
def test_an_early_end_is_a_failure_whatever_its_code(kitchen: Kitchen, code: int) -> None:
    with pytest.raises(CompileFailure, match=f"ended early: exit code {code}"):
        kitchen.compile("--exit-early", str(code))


def test_one_that_does_not_end_is_ended(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deployer.serve.kernels.run.LAST_STEPS", 0.5)
    assert len(kitchen.compile("--linger", "600").entries) == 3


def test_half_a_kernel_is_not_copied(kitchen: Kitchen) -> None:
    marker = kitchen.compile("--half")
    assert len(marker.entries) == len(kitchen.kernels()) == 3


def test_half_a_kernel_on_the_volume_is_mended(kitchen: Kitchen) -> None:
    kitchen.compile()
    broken = kitchen.kernels()[1] / "kernel.cubin"
    broken.write_bytes(b"")
    assert "1 of 3 kernels" in verify(kitchen.release, kitchen.cache)[0]
    kitchen.compile()
    assert broken.stat().st_size
    assert verify(kitchen.release, kitchen.cache) == ()


def test_no_kernels_are_right_for_some_models_and_asked_once(kitchen: Kitchen) -> None:
    put_kernel(kitchen.cache, "kernel.gemm.of-another")
    marker = kitchen.compile("--kernels", "0", "--silent")
    assert marker.entries == ()
    assert "warning" in kitchen.told()
    assert verify(kitchen.release, kitchen.cache) == ()
    kitchen.compile("--exit-early", "9")


def test_no_kernels_are_a_failure_for_blockwise_fp8(kitchen: Kitchen) -> None:
    kitchen.release = on_gpu("H200", model=put_model(kitchen.root / "model", BLOCKWISE))
    put_kernel(kitchen.cache, "kernel.gemm.of-another")
    with pytest.raises(CompileFailure, match="FP8 with a scale for each block of 128x128, on sm90"):
        kitchen.compile("--kernels", "0", "--silent")
    assert not kitchen.markers()


def test_kernels_that_go_elsewhere_are_a_failure(kitchen: Kitchen) -> None:
    with pytest.raises(CompileFailure, match="none of them is in the folder"):
        kitchen.compile("--kernels", "0")


@at_any_moment
@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGTERM, Interrupted), (signal.SIGINT, KeyboardInterrupt)]
)
def test_an_interrupt_leaves_nothing(
    kitchen: Kitchen, number: signal.Signals, error: type[BaseException]
) -> None:
    def interrupt() -> None:
        wait_for(lambda: len(relatives(kitchen.word)) >= 3)
        os.kill(os.getpid(), number)

    # In the background of a shell SIGINT is ignored from the start.
    at_first = signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(error):
        kitchen.compile("--slow", "60")
    thread.join()
    signal.signal(signal.SIGINT, at_first)
    assert relatives(kitchen.word) == []
    assert signal.getsignal(signal.SIGTERM) is before
    assert not kitchen.markers()
    assert kitchen.commits == []


@at_any_moment
@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGTERM, Interrupted), (signal.SIGINT, KeyboardInterrupt)]
)
def test_an_interrupt_keeps_what_is_whole(
    kitchen: Kitchen, number: signal.Signals, error: type[BaseException]
) -> None:
    interrupt(kitchen, number, error, lambda: "kernel 4 is whole" in kitchen.output)
    assert kitchen.commits == [(5, 0)]
    assert "5 new kernels are on the volume so far" in kitchen.told()
    before = kitchen.output
    assert len(kitchen.compile("--kernels", "7").entries) == 7
    assert "5 kernels of the volume may serve again" in kitchen.told()
    compiled = [line for line in kitchen.output[len(before) :].splitlines() if "compiled" in line]
    assert compiled == ["compiled 5", "compiled 6"]


def test_what_is_whole_is_kept_while_the_rest_compiles(kitchen: Kitchen) -> None:
    """Nothing is asked of a container that is gone without a signal."""
    interrupt(kitchen, signal.SIGTERM, Interrupted, lambda: (5, 0) in kitchen.commits, fast=20)
    assert kitchen.commits.count((5, 0)) == 1  # nothing new is no reason for another commit


def test_a_save_that_fails_is_told_and_tried_again(kitchen: Kitchen) -> None:
    fails = iter((True, True))

    def commit() -> None:
        if next(fails, False):
            message = "the volume could not be committed"
            raise Failure(message)
        Kitchen.commit(kitchen)

    kitchen.commit = commit  # type: ignore[method-assign]
    interrupt(kitchen, signal.SIGTERM, Interrupted, lambda: (5, 0) in kitchen.commits, fast=20)
    assert kitchen.told().count("warning: the volume could not be committed") == 2


def interrupt(
    kitchen: Kitchen,
    number: signal.Signals,
    error: type[BaseException],
    when: Callable[[], bool],
    fast: float = 1,
) -> None:
    """Compile five kernels without an end, and send a signal as soon as something is so."""

    def send() -> None:
        wait_for(when)
        os.kill(os.getpid(), number)

    at_first = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=send)
    (kitchen.root / "output").touch()
    thread.start()
    with pytest.raises(error):
        kitchen.compile("--kernels", "5", "--hang", clock=lambda: fast * time.monotonic())
    thread.join()
    signal.signal(signal.SIGINT, at_first)
    assert relatives(kitchen.word) == []
    assert not kitchen.markers()


def test_a_volume_that_cannot_be_written_is_said(kitchen: Kitchen) -> None:
    (kitchen.cache / ".deployer").write_text("a file where a folder should be")
    with pytest.raises(Failure, match="cannot be copied"):
        kitchen.compile()
    assert kitchen.events[-1].state == "failed"


def test_no_secret_gets_out(kitchen: Kitchen) -> None:
    with pytest.raises(CompileFailure) as caught:
        kitchen.compile("--die", "exit")
    files = [path.read_text() for path in kitchen.root.rglob("*") if path.is_file()]
    texts = (kitchen.told(), kitchen.output, repr(caught.value.__dict__), *files)
    assert any("[redacted]" in text for text in texts)
    assert not leaks(*texts)
    assert not any(HUB_TOKEN in text for text in texts)
    for name in ("DEPLOYER_TEST_KEY", "HF_TOKEN"):  # they did not even reach the compilation
        assert f'"{name}": ""' in kitchen.output
