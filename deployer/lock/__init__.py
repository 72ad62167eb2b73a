"""What a profile's names meant when somebody asked: a file beside it, committed, read as data."""
