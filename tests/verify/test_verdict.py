from __future__ import annotations

from itertools import count

import pytest

from deployer.verify.check import Broken, Check
from deployer.verify.verdict import Outcome, Verdict, all_hold

PASSED = Verdict("a", Outcome.PASSED, 1.0, ("something",))
FAILED = Verdict("a", Outcome.FAILED, 1.0, message="no")
SKIPPED = Verdict("a", Outcome.SKIPPED, 1.0, message="not promised")


@pytest.mark.parametrize("checked", [(), ("",)])
def test_nothing_checked_is_no_pass(checked: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="cannot pass without having checked something"):
        Verdict("a", Outcome.PASSED, 1.0, checked)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.SKIPPED, Outcome.UNSEEN])
def test_failing_and_skipping_need_a_reason(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Verdict("a", outcome, 1.0)


def test_a_check_that_saw_nothing_cannot_pass() -> None:
    with pytest.raises(ValueError, match="without having checked"):
        Check("a", lambda: 0.0).passed()


def test_a_check_writes_down_what_holds_and_raises_at_what_does_not() -> None:
    check = Check("a", count().__next__)
    check.that(True, "one holds", otherwise="no")  # noqa: FBT003
    with pytest.raises(Broken) as caught:
        check.that(False, "two holds", otherwise="two does not", hint="h", detail=("d",))  # noqa: FBT003
    verdict = check.failed(caught.value)
    assert verdict == Verdict("a", Outcome.FAILED, 1, ("one holds",), "two does not", "h", ("d",))


def test_all_hold_needs_one_that_passed_and_none_that_failed() -> None:
    assert all_hold([PASSED, SKIPPED])
    assert not all_hold([PASSED, FAILED])
    assert not all_hold([SKIPPED])
    assert not all_hold([])
