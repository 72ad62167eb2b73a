"""The comments of a profile's text, and the number signs that begin none."""

from __future__ import annotations

from deployer.profile import yaml_source
from deployer.profile.comments import Comment, comments


def found(text: str) -> tuple[Comment, ...]:
    return comments(yaml_source.read(text, "p.yaml"))


def test_a_comment_has_its_place_and_says_whether_it_stands_alone() -> None:
    assert found("# one\na: 1 # two  \n  # three\nb: 2\n") == (
        Comment("# one", 1, 1, alone=True),
        Comment("# two", 2, 6, alone=False),
        Comment("# three", 3, 3, alone=True),
    )


def test_a_number_sign_in_a_value_or_key_begins_none() -> None:
    text = 'a: \'x # y\'\n"k # k": a#b\nc: |\n  # text\n  more\nd: "one\n  # two"\n'

    assert found(text) == ()


def test_a_comment_may_stand_in_brackets() -> None:
    assert [one.text for one in found("a: [1, # one\n  2] # two\n")] == ["# one", "# two"]
