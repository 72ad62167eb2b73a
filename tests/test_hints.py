"""Every hint has one form: it ends without a full stop, as a finding's does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hints import hints, last_words


def test_no_hint_ends_with_a_full_stop() -> None:
    found = {
        (path.as_posix(), hint.lineno): last_words(hint)
        for path in sorted(Path("deployer").rglob("*.py"))
        for hint in hints(path.read_text(encoding="utf-8"))
    }

    assert len(found) > 400
    assert [place for place, words in found.items() if stops(words)] == []


@pytest.mark.parametrize(
    "written",
    [
        "raise Failure('no', hint='Try again.')",
        "raise Failure('no', hint=f'Try {this} again.')",
        "raise Failure('no', hint='Try again?' if seen else 'Look first.')",
        "hint = f'{near} ' 'Try again.'",
        "hint += '. Try again.'",
        "near = 'Try again.'\nraise Failure('no', hint=near or 'Look first')",
        "def f():\n    return 'Try again.'\nraise Failure('no', hint=f())",
        "HINT = 'Try again.'\nraise Failure('no', hint=HINT)",
        "Problem(path, 'no', 'Try again.')",
    ],
)
def test_a_full_stop_is_seen_wherever_a_hint_is_written(written: str) -> None:
    assert any(stops(last_words(hint)) for hint in hints(written))


def stops(words: str) -> bool:
    """Whether they end a sentence; `...` leaves something out."""
    return words.endswith(".") and not words.endswith("...")
