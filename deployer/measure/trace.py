"""Recorded requests, looked at before any is sent: the tool passes over what it cannot read."""

from __future__ import annotations

from deployer.codec import DecodeError, read_json
from deployer.errors import UsageError

FORM = "one OpenAI chat request a line, with its `messages`"


def requests_in(path: str) -> int:
    """Count the requests in a file: one JSON object a line, each with its messages.

    Raises UsageError where a line is none, with its number and without what it says, and where
    there is none at all.
    """
    found = 0
    try:
        with open(path, "rb") as lines:  # noqa: PTH123 - a line at a time
            for number, line in enumerate(lines, 1):
                if line.strip():
                    _refuse(f"{path}:{number}", line)
                    found += 1
    except OSError as error:
        message = f"{path} could not be read: {error.strerror or error}"
        raise UsageError(message) from error
    if not found:
        message = f"{path} holds no request"
        raise UsageError(message, hint=f"write {FORM}")
    return found


def _refuse(place: str, line: bytes) -> None:
    try:
        value = read_json(line)
    except DecodeError as error:
        message = f"{place}: this is no JSON"
        raise UsageError(message, hint=f"write {FORM}") from error
    asked = value.get("messages") if isinstance(value, dict) else None
    if not (isinstance(asked, list) and asked and all(isinstance(one, dict) for one in asked)):
        message = f"{place}: this is no chat request, for it has no messages"
        raise UsageError(message, hint=f"write {FORM}")
