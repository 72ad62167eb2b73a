"""`deployer diagnose`: a file, a deployment's log, and what is nothing to look at."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from deployer.apply.local.process import Identity, identify
from deployer.apply.local.state import State
from deployer.cli.main import main
from deployer.codec import encode
from deployer.event import Event
from tests.diagnose.excerpts import EXCERPTS, SERVING

DISK = EXCERPTS["disk-full"]


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["diagnose", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def folder() -> Path:
    found = Path(os.environ["XDG_STATE_HOME"]) / "deployer/local/demo"
    found.mkdir(parents=True)
    for each in (found, found.parent, found.parent.parent):
        each.chmod(0o700)
    (found / "state.json").write_text("{}")
    return found


def test_a_file_is_diagnosed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "end.log").write_text(DISK)
    code, out, err = call(capsys, "end.log")

    assert (code, err) == (1, "")
    assert out.startswith("end.log: 15 lines\n  cause: a disk is full [disk-full]\n")
    assert "\n  write modal.weights.volume: a volume of its own for each model\n" in out


def test_a_log_without_a_failure_is_fine(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "end").write_text(SERVING)

    assert call(capsys, "end") == (
        0,
        "end: 14 lines\n  no failure is told; the log ends while the engine is serving\n",
        "",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "it has no line"), ("apples\npears\n", "no line of it is one of SGLang's")],
)
def test_what_is_no_log_is_nothing_to_look_at(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    (here / "end.log").write_text(text)
    code, out, err = call(capsys, "end.log")

    assert (code, out) == (2, "")
    assert err.startswith(f"error: end.log tells nothing: {why}\n")


def test_the_json_holds_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "end.log").write_text(DISK + SERVING)
    code, out, _ = call(capsys, "end.log", "--format", "json")
    told = json.loads(out)

    assert code == 1
    assert (told["diagnosis"], told["starts"], told["stage"]) == (None, 2, "serving")
    assert told["earlier"]["name"] == "disk-full"
    assert told["earlier"]["writes"][0]["key"] == "modal.weights.volume"


def test_a_secret_in_a_foreign_log_is_not_shown(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token, error = f"hf_{'a1' * 12}", "[Errno 28] No space left on device"
    assert error in DISK
    told = DISK.replace(error, f"{error}: {token}")
    (here / "end.log").write_text(told + SERVING)
    earlier = call(capsys, "end.log")[1] + call(capsys, "end.log", "--format", "json")[1]
    (here / "end.log").write_text(told)
    last = call(capsys, "end.log")[1] + call(capsys, "end.log", "--format", "json")[1]

    assert token not in earlier + last
    assert (earlier.count("***"), last.count("***")) == (2, 2)


def test_a_traceback_that_was_cut_out_of_a_log_is_told_as_unproven(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = '  File "{}", line 7, in load\n    load()\n'
    text = "Traceback (most recent call last):\n{}torch.OutOfMemoryError: CUDA out of memory.\n"
    (here / "end.log").write_text(text.format(frame.format("/x/sglang/srt/managers/scheduler.py")))
    code, out, _ = call(capsys, "end.log")
    (here / "end.log").write_text(text.format(frame.format("/x/other/train.py")))
    other = call(capsys, "end.log")

    assert code == 1
    assert "cause: a GPU was full [gpu-full]" in out
    assert "unproven: " in out
    assert other[:2] == (2, "")


@pytest.mark.parametrize("after", ["", SERVING.splitlines(keepends=True)[-1]])
def test_an_end_whose_exception_is_cut_off_is_no_good_end(
    here: Path, capsys: pytest.CaptureFixture[str], after: str
) -> None:
    hit = (
        "[2026-11-29 06:38:50 TP3] Scheduler hit an exception: Traceback (most recent call last):\n"
    )
    frame = '  File "/x/sglang/srt/managers/scheduler.py", line 7, in run_scheduler_process\n'
    (here / "end.log").write_text(SERVING + hit + frame + after)
    code, out, _ = call(capsys, "end.log")
    told = json.loads(call(capsys, "end.log", "--format", "json")[1])

    assert code == 1
    assert "a process of the engine ended, and of what is not in the log" in out
    assert (told["diagnosis"], told["cut"]) == (None, True)


def test_a_log_is_read_from_before_its_rotation(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "engine.log.1").write_text(DISK)
    (folder / "engine.log").write_text("more\n" * 100)

    code, out, _ = call(capsys, "demo")

    assert code == 1
    assert out.startswith("the log of demo: 115 lines\n  cause: a disk is full [disk-full]\n")


def test_an_engine_that_ended_by_itself_has_a_cause(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handled = "Traceback (most recent call last):\n" + "\n".join(DISK.splitlines()[-6:-2])
    (folder / "engine.log").write_text(f"{SERVING}{handled}\n")
    alive = call(capsys, "demo")
    ended = Event(time.time(), "ended", "failed", "the engine has ended")
    (folder / "events.jsonl").write_text(f"{ended.to_json()}\n")
    gone = call(capsys, "demo")

    assert (alive[0], gone[0]) == (0, 1)
    assert "unproven: " in gone[1]


def test_a_server_that_is_gone_without_a_word_did_not_end_well(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = State("demo", "d", "demo.yaml", 8000, 0.0, Identity(2**22 + 1, ""), (), "none", 0)
    (folder / "state.json").write_text(json.dumps(encode(gone)))
    (folder / "engine.log").write_text(SERVING)
    code, out, _ = call(capsys, "demo")
    told = json.loads(call(capsys, "demo", "--format", "json")[1])

    assert code == 1
    assert out.endswith(
        "the log ends while the engine is serving\n"
        "  but the deployment has ended: its supervisor does not run, and told of no end\n"
    )
    assert (told["diagnosis"], told["ended"]) == (
        None,
        "its supervisor does not run, and told of no end",
    )


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_server_that_runs_or_was_asked_to_end_is_none_that_died(
    folder: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    who = identify(os.getpid()) if state == "running" else Identity(2**22 + 1, "")
    demo = State("demo", "d", "demo.yaml", 8000, 0.0, who, (), "none", 0)
    (folder / "state.json").write_text(json.dumps(encode(demo)))
    ended = Event(time.time(), "ended", "done", "stopped")
    (folder / "events.jsonl").write_text("" if state == "running" else f"{ended.to_json()}\n")
    (folder / "engine.log").write_text(SERVING)
    code, out, _ = call(capsys, "demo")

    assert code == 0
    assert "but" not in out


def test_a_failure_of_which_the_log_tells_nothing_is_none_of_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = Event(time.time(), "ended", "failed", "not ready after 300 s")
    (folder / "events.jsonl").write_text(f"{ended.to_json()}\n")
    (folder / "engine.log").write_text(SERVING)
    code, out, _ = call(capsys, "demo")

    assert code == 1
    assert out.endswith("\n  but the deployment has ended: not ready after 300 s\n")


def test_a_failure_is_explained_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "disk-full"]) == 0
    text = capsys.readouterr().out
    assert main(["explain", "disk-full", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert text.startswith("disk-full\n\nWhat happened: a disk is full.\n")
    assert told["failures"][0]["link"] in text
