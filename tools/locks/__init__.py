"""Writes ``locks/``: every package that is installed from here, with the hashes of its files."""
