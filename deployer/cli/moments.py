"""Moments as people read them, in their own time zone."""

from __future__ import annotations

import datetime as dt


def moment(seconds: float) -> str:
    """Write seconds since the epoch; '' for none."""
    if not seconds:
        return ""
    return dt.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
