"""The comments that pull requests get, to the letter: `tests/data/pull_requests/NAME.md`."""

from __future__ import annotations

import pytest

from .pull_requests import FOLDER, NAMES, comment


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_is_the_committed_one(name: str) -> None:
    committed = (FOLDER / f"{name}.md").read_text(encoding="utf-8")

    assert comment(name) == committed, "`python -m tests.report.pull_requests` writes them again"


def test_every_committed_comment_is_tested() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(NAMES)


def test_a_change_of_the_draft_steps_shows_both_flags_their_key_and_what_it_means() -> None:
    """The one that the project promises, spelt out beside its golden text."""
    body = comment("num_steps")

    assert "| `--speculative-num-steps`<br>`speculative.num_steps` | `3` | `4` |" in body
    assert "| `--speculative-num-draft-tokens`<br>`speculative.num_steps` | `4` | `5` |" in body
    assert "about 651,000 tokens in 60.7 GiB before and after" in body
    assert "reserves up to 10 tokens of the pool instead of 8" in body
    assert "CUDA graphs are captured for 5 tokens a request instead of 4" in body
    assert "The next deploy replaces the containers that run." in body
