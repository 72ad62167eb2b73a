"""How SGLang is told to read no weights: what a container knows of loading, without any speed."""

FORMAT_FLAG = "--load-format"

NOTHING = "dummy"
"""Noise in place of weights: nothing is read."""
