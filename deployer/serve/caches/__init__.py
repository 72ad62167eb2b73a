"""What an engine compiles at run time, kept from one start to the next."""
