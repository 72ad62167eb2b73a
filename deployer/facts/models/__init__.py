"""Models whose memory is known: their own configuration as data, and what follows from it."""
