"""Upgrading a profile to another release of the engine."""
