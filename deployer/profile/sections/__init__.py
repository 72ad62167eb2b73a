"""One class for each section of a profile."""
