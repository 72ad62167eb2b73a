"""Fuzzers: `make fuzz MINUTES=10`; `tests/fuzz/crashes` holds what they once found."""
