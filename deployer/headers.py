"""How an answer tells which release is behind it: what the door says, and others read."""

TOLD_BY = "X-Deployer-Release"
"""The header of an answer that tells which release is behind it."""

TOLD_DIGITS = 12
"""Digits of the release's digest that it tells."""

SHAPE_BY = "X-Deployer-Shape"
"""The header that tells which of a deployment's shapes it is (``Release.shape``)."""
