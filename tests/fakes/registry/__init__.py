"""A registry of images of our own, which speaks the distribution API over real HTTP."""
