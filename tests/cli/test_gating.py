"""What follows a deployment: who is measured, what fails it, and when it goes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deployer.cli.gating import Deployed, Shown, as_text, hold, wanted
from deployer.cli.main import main
from deployer.cli.manner import Manner
from deployer.cli.planning import Meant, read
from deployer.errors import Failure
from deployer.verify.endpoint import Endpoint

PLAIN = Manner("text", yes=True, take_over=False, verify=True)


@pytest.fixture
def meant(tmp_path: Path) -> Callable[[str], Meant]:
    def make(objectives: str) -> Meant:
        text = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
        file = tmp_path / "cpu-tiny.yaml"
        file.write_text(text + objectives, encoding="utf-8")
        return read(str(file))

    return make


def nobody() -> Endpoint:
    message = "nobody serves"
    raise Failure(message, hint="apply it")


def held(
    what: Meant, manner: Manner = PLAIN, *, cold: float = 5.0, verified: bool = True,
    back: Callable[[], str] | None = lambda: "gone back",
) -> Shown:  # fmt: skip
    return hold(what, manner, Deployed(nobody, verified, cold, back))


def test_without_objectives_nothing_is_measured(meant: Callable[[str], Meant]) -> None:
    assert not wanted(meant(""), PLAIN)
    assert held(meant("")) == Shown()
    assert not held(meant("")).failed


@pytest.mark.parametrize(("bound", "failed", "back"), [(9, False, ""), (1, True, "gone back")])
def test_one_that_is_missed_goes_back(
    meant: Callable[[str], Meant], bound: int, failed: bool, back: str
) -> None:
    shown = held(meant(f"objectives:\n  cold_start: {bound}\n  rollback: true\n"))
    assert (shown.failed, shown.back) == (failed, back)
    assert f"promised {bound} s, measured 5.0 s" in as_text(shown)
    stays = held(meant(f"objectives:\n  cold_start: {bound}\n"))
    assert (stays.failed, stays.back) == (failed, "")


def test_a_broken_promise_goes_back_and_nothing_is_measured(meant: Callable[[str], Meant]) -> None:
    shown = held(meant("objectives:\n  accuracy_min: 1\n  rollback: true\n"), verified=False)
    assert (shown.gates, shown.back) == ((), "gone back")


def test_what_could_not_be_measured_fails(
    meant: Callable[[str], Meant], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = held(meant("objectives:\n  accuracy_min: 0.5\n"))
    assert shown.failed
    assert "not measured: nobody serves" in as_text(shown)
    assert "hint: apply it" in capsys.readouterr().err


def test_what_could_not_be_measured_takes_no_release_away(meant: Callable[[str], Meant]) -> None:
    said = "objectives:\n  accuracy_min: 0.5\n  cold_start: {}\n  rollback: true\n"
    shown = held(meant(said.format(9)))
    assert shown.failed
    assert shown.back.startswith("not gone back: what could not be measured")
    assert held(meant(said.format(1))).back == "gone back"


@pytest.mark.parametrize("option", ["--bench", "--evidence", "--rollback-on-failure"])
def test_a_rehearsal_is_not_measured(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "profiles/cpu-tiny.yaml", "--rehearse", option]) == 2
    assert "nothing but its start and its form is judged" in capsys.readouterr().err


def test_going_back_that_fails_is_told(meant: Callable[[str], Meant]) -> None:
    def back() -> str:
        message = "the app has moved"
        raise Failure(message)

    what = meant("objectives:\n  cold_start: 1\n  rollback: true\n")
    assert held(what, back=back).back == "NOT gone back: the app has moved"
    assert held(what, back=None).back.startswith("not gone back: there is nothing before it")


def test_objectives_change_nothing_that_is_deployed(meant: Callable[[str], Meant]) -> None:
    plain = meant("").release.digest()
    assert meant("objectives:\n  ttft_p95: 1\n  rollback: true\n").release.digest() == plain
