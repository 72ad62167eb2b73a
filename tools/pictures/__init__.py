"""The pictures of README and site, drawn from what the command line really says."""
