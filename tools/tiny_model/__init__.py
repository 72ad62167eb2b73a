"""Trains the tiny model that comes with deployer again, and says whether it is still the same."""
