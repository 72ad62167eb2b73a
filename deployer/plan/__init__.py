"""Release and release to changes, each with its consequence."""
