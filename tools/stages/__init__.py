"""Runs what `make check` and `make test` consist of, side by side, and says what was run."""
