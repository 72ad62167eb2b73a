"""Read an argument list exactly as a release of the engine would."""
