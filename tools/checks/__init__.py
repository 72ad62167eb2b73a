"""Writes what is generated under ``docs/``: checks, failures, and how endpoints are watched."""
