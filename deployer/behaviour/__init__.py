"""What a release of the engine decides by itself: about memory, kernels and their cache."""
