"""Reading a release refuses everything that is not one, in words."""

import json
from typing import Any

import pytest

from deployer.cli.reading import read_release
from deployer.codec import DecodeError
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
    ],
)
def test_it_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        Release.from_json(text)
