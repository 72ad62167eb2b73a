"""No test is one that cannot fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.idle import find

HERE = Path(__file__).parent


def test_every_test_can_fail() -> None:
    sources = {
        path.relative_to(HERE.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(HERE.rglob("*.py"))
    }
    assert len(sources) > 100

    found = find(sources)
    assert not found, "\n".join(map(str, ["a test that cannot fail proves nothing:", *found]))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("work()", "asserts nothing"),
        ("def inner():\n        assert work()", "asserts nothing"),
        ("for one in work():\n        assert one", "in a loop only"),
        ("for one in ():\n        assert one", "in a loop only"),
        ("while work():\n        assert one", "in a loop only"),
        ("assert work() or True", "always true"),
        ("assert len(work()) >= 0", "always true"),
        ("assert (work(), 'never wrong')", "always true"),
        ("assert 'a word'", "always true"),
        ("assert os.environ", "always true"),
        ("assert found == found", "always true"),
        ("with pytest.raises(Failure):\n        work()", "any reason"),
        ("with pytest.raises(UsageError):\n        work()", "any reason"),
    ],
)
def test_a_test_that_cannot_fail_is_found(body: str, why: str) -> None:
    (found,) = find({"t.py": f"def test_it():\n    {body}\n"})

    assert why in found.why


@pytest.mark.parametrize(
    "body",
    [
        "assert work()",
        "holds(work())",
        "holds_too(work())",
        "for one in (1, 2):\n        assert one",
        "for one, two in zip((1, 2), (3, 4)):\n        assert one",
        "found = work()\n    assert found\n    for one in found:\n        assert one.right",
        "assert work() == work()",
        "assert work() or more()",
        "assert len(work()) >= 1",
        "with pytest.raises(Failure, match='why'):\n        work()",
        "with pytest.raises(Failure) as caught:\n        work()",
        "with pytest.raises(ConnectionRefusedError):\n        work()",
    ],
)
def test_a_test_that_can_fail_is_left_alone(body: str) -> None:
    helpers = "def holds(x):\n    assert x\n\n\ndef holds_too(x):\n    holds(x)\n"

    assert find({"h.py": helpers, "t.py": f"def test_it():\n    {body}\n"}) == []
