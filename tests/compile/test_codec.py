"""Reading a release refuses everything that is not one, in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.cli.reading import read_release
from deployer.codec import DecodeError, read_json, written
from deployer.release import Release


def altered(change: dict[str, Any]) -> str:
    value = json.loads(read_release("profiles/cpu-tiny.yaml").to_json())
    return json.dumps({**value, **change})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "format None is not the 1"),
        ("{}", "format None is not the 1"),
        (altered({"format_version": 2}), "format 2 is not the 1"),
        (altered({"name": 7}), "Release.name: expected str, found 7"),
        (altered({"surprise": 1}), "Release: unknown surprise"),
        (altered({"arguments": {}}), "Release.arguments: expected a list"),
        (altered({"lifecycle": {"startup": 1}}), "Release.lifecycle: .*missing"),
        (altered({"listen": "x"}), "Release.listen: expected an object"),
        (
            altered({"arguments": [{"flag": "-a", "values": ["b", 3], "source": ""}]}),
            r"^Release\.arguments\[0\]\.values\[1\]: expected str, found 3$",
        ),
    ],
)
def test_it_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        Release.from_json(text)


DEEP = "[" * 200_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DEEP, "more than 64 deep"),
        ('{"a":' * 200_000, "more than 64 deep"),
        (f'{{"format_version": 1, "name": {DEEP}', "more than 64 deep"),
        (f'"{DEEP}"', "format None"),
        (f'"\\"{DEEP}', "not JSON"),
        (f'"\\\\"{DEEP}', "more than 64 deep"),
        (f'"\\\\\\"{DEEP}"', "format None"),
        ("1" + "0" * 400, "a number of 401 characters"),
        ("-0." + "9" * 9_000, "a number of 9003 characters"),
        ("1e999", "too large"),
        ("NaN", "NaN is no number"),
        ("[Infinity]", "Infinity is no number"),
        ('{"format_version": 1, "format_version": 2}', "'format_version' stands twice"),
        ('"\\ud800"', "half a character"),
        ('"\udcff"', "half a character"),
    ],
)
def test_absurd_json_is_refused_in_words_and_at_once(text: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message) as caught:
        Release.from_json(text)

    assert len(str(caught.value)) < 500


def test_what_others_write_rightly_is_read() -> None:
    assert read_json(b'{"a": ["\\ud83d\\ude00", 1.5e300, 18446744073709551615, "[[{"]}') == {
        "a": ["\U0001f600", 1.5e300, 2**64 - 1, "[[{"]
    }
    assert read_json("[Infinity]", constants=True) == [float("inf")]
    with pytest.raises(DecodeError, match="no UTF-8"):
        read_json(b'"\xff"')


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_to_the_byte_what_python_writes(value: Any) -> None:
    assert written(value) == json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
