"""How long a verb waits, and what it says meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.apply.patience import LEAST, TIDYING, Patience, current, using
from deployer.cli.main import main
from deployer.errors import NotReached

PROFILE = Path(__file__).parents[2] / "profiles/cpu-tiny.yaml"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_limit_undercuts_what_a_question_may_take() -> None:
    clock = Clock()
    free, limited = Patience(clock=clock), Patience(30.0, clock=clock)
    assert (free.bound(60.0), limited.bound(60.0), limited.bound(10.0)) == (60.0, 30.0, 10.0)
    clock.now += 25.0
    assert (free.bound(60.0), limited.bound(60.0)) == (60.0, 5.0)
    limited.refuse_over("nothing yet")
    clock.now += 10.0
    assert limited.bound(60.0) == LEAST
    with pytest.raises(NotReached, match=r"^the 30 s of `--timeout` are over: nothing yet$"):
        limited.refuse_over("nothing yet")
    free.refuse_over("nothing yet")


def test_what_was_begun_is_ended_within_a_time_of_its_own() -> None:
    clock = Clock()
    for patience in (Patience(clock=clock), Patience(5.0, clock=clock)):
        clock.now += 10.0
        with patience.tidying():
            assert patience.bound(60.0) == TIDYING
    assert Patience(clock=clock).bound(60.0) == 60.0


def test_a_verb_has_its_own_patience_and_gives_it_back() -> None:
    before = current()
    with using(Patience(1.0)):
        assert current().seconds == 1.0
    assert current() is before


def test_a_limit_is_no_limit_for_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", str(PROFILE), "--yes", "--timeout", "5"]) == 2
    assert "--timeout bounds what is asked of Modal" in capsys.readouterr().err
    assert main(["plan", str(PROFILE), "--timeout", "0"]) == 2
    assert "0" in capsys.readouterr().err
