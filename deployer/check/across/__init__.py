"""What can be wrong between profiles: one module for each check, as in ``check/checks``."""
