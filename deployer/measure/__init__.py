"""What a live endpoint can do, measured: how fast it is under load, and how often it is right."""
