"""What a live endpoint tells of itself in its metrics, as numbers that a person asks for."""
