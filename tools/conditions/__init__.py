"""Runs tests where something is wrong with the machine: slow, busy, shut off, read-only, odd."""
