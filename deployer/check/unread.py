"""What is said of a profile's path where there is no file that may be read."""

from __future__ import annotations

from deployer.finding import Finding, Severity


def unread(file: str, message: str, hint: str) -> Finding:
    """Say that a profile was not looked at, and why."""
    return Finding(
        check="unreadable-file",
        severity=Severity.ERROR,
        path="",
        message=message,
        hint=hint,
        file=file,
    )
