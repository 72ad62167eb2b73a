"""Failures that are known, each with its cause, what to write, and where it was reported."""
