"""Writes ``docs/checks/``, a page for each id that can be found, and ``docs/failures.md``."""
