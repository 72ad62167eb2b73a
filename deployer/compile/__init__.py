"""Profile to Release."""
