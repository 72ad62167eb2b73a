"""Moments as people read them: in their own time zone, and how long ago they were."""

from __future__ import annotations

import datetime as dt
import time

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def moment(seconds: float) -> str:
    """Write seconds since the epoch; '' for none."""
    if not seconds:
        return ""
    return dt.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def ago(seconds: float, now: float | None = None) -> str:
    """Say how long ago a moment was (seconds since the epoch): ``3 h ago``."""
    passed = int((time.time() if now is None else now) - seconds)
    if passed < 0:
        return "in the future, by this machine's clock"
    for size, unit in _UNITS:
        if passed >= size:
            return f"{passed // size} {unit} ago"
    return "just now"
