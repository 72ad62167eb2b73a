"""What reading finds, for which there is no check: in a profile, a command, or a comment."""
