"""What fuzzers found stays found, a little is looked for each time, and they can find something."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzzer
from tests.fuzz.targets import TARGETS, Fault, Target, deployer
from tests.volume import EXAMPLES, VOLUME

pytestmark = pytest.mark.process

FOUND = sorted(path for path in fuzzer.CRASHES.glob("*/*") if path.is_file())


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(tmp_path / "modal.toml"))
    for name in ("HF_TOKEN", "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"):
        monkeypatch.delenv(name, raising=False)
    yield
    assert not (tmp_path / "modal.toml").exists()


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_is_not_found_again(path: Path, tmp_path: Path) -> None:
    written = path.read_bytes().decode("utf-8", errors="surrogatepass") if _is_text(path) else ""
    written = written or path.read_bytes().decode("latin-1")

    assert not fuzzer.fault(TARGETS[path.parent.name], written, tmp_path)


def _is_text(path: Path) -> bool:
    try:
        path.read_bytes().decode("utf-8", errors="surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def test_there_is_something_to_find_again() -> None:
    assert {path.parent.name for path in FOUND} >= {"config", "plan", "hub"}


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_inputs_of_each_kind_meet_no_fault(name: str, tmp_path: Path) -> None:
    target, count = TARGETS[name], EXAMPLES[VOLUME] // 7
    assert count
    for number in range(count):
        written = target.make(random.Random(f"test {number}"))
        assert not fuzzer.fault(target, written, tmp_path), written


def test_a_fault_is_found_and_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(_written: str, _folder: Path) -> None:
        message = "planted"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(fuzzer, "CRASHES", tmp_path)
    monkeypatch.setitem(TARGETS, "planted", Target(lambda rng: str(rng.random()), feed))
    ends = time.monotonic() + 0.5

    count, crashes = fuzzer.fuzz("planted", ends, 1)

    assert count > 0
    assert len(crashes) == 1
    (path,) = (tmp_path / "planted").iterdir()
    assert path.read_text("utf-8")


def test_a_hang_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(_written: str, _folder: Path) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzzer, "LONGEST", 0.1)

    assert "Hang" in fuzzer.fault(Target(lambda _rng: "", feed), "", tmp_path)


def test_a_traceback_of_ours_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        message = "planted"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("deployer.report.pages.index_text", broken, raising=False)
    monkeypatch.setattr("deployer.check.pages.page", broken)

    with pytest.raises(Fault, match="ZeroDivisionError: planted"):
        deployer("explain", "does-not-fit")
