"""What Modal's client takes: its keywords, and what a profile makes of each."""
