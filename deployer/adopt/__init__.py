"""From an existing launch command to a profile."""
