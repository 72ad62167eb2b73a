"""What is said of a server's health before it is ready: the same promise on every target."""

from __future__ import annotations

PROBE = "health-before"
"""The promise: no 200 before the engine can answer."""

HINT = "traffic would be sent to it that it cannot answer"
