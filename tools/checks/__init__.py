"""Writes ``docs/checks/``, a page for each id that can be found, from the checks' docstrings."""
