"""From a profile for one engine release to the same profile for another."""
