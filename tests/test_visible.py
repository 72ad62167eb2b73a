"""What has no shape of its own is written as an escape."""

from __future__ import annotations

import unicodedata

import pytest

from deployer.visible import visible, visible_lines


@pytest.mark.parametrize("number", [0x09, 0x0A, 0x1B, 0x9B, 0xA0, 0x115F, 0x1160, 0x180E, 0x200B,
    0x202E, 0x2028, 0x2066, 0x2800, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xD800,
    0xE0041, 0xE0100])  # fmt: skip
def test_what_cannot_be_seen_is_spelt_out(number: int) -> None:
    shown = visible(f"a{chr(number)}b")

    assert shown.isascii()
    assert shown.isprintable()
    assert shown != "ab"
    assert shown.encode().decode("unicode_escape") == f"a{chr(number)}b"


@pytest.mark.parametrize("text", ["plain text", "Grüße, 世界", "e\u0301", "été — …"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert visible(text) == text


def test_no_character_that_does_something_is_left() -> None:
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    # Of the planes from 4 to 13 nothing is assigned (Unicode 16), so one of them is enough.
    every = "".join(map(chr, (*range(0x50000), *range(0xE0000, 0x110000))))
    assert {unicodedata.category(c) for c in every} >= unseen

    left = visible(every)

    assert not {unicodedata.category(c) for c in set(left)} & unseen


def test_line_ends_stay_in_a_text_of_lines() -> None:
    assert visible_lines("a\x1b\n\u202eb\n") == "a\\x1b\n\\u202eb\n"
