"""Every JSON result has one form."""

from __future__ import annotations

import json

from deployer.report.envelope import envelope, error_envelope


def test_the_version_comes_first_and_nothing_in_it_does_anything_to_a_terminal() -> None:
    text = envelope({"name": "a\u202eb\x1b[2J\u009b é"})

    assert text == (
        '{\n  "format_version": 1,\n  "name": "a\\u202eb\\u001b[2J\\u009b \\u00e9"\n}\n'
    )


def test_an_error_stands_where_the_result_would() -> None:
    assert json.loads(error_envelope("it is gone", "look elsewhere")) == {
        "format_version": 1,
        "error": {"message": "it is gone", "hint": "look elsewhere"},
    }


def test_what_json_has_no_number_for_is_null() -> None:
    text = envelope({"a": [float("nan"), {"b": (float("-inf"), 1.5, True)}], "c": "NaN"})
    assert json.loads(text) == {
        "format_version": 1, "a": [None, {"b": [None, 1.5, True]}], "c": "NaN",
    }  # fmt: skip
