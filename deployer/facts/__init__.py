"""What we know of the world, as data with its loaders."""
