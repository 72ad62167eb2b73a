"""A third target that serves nothing: what is deployed is a file that says so."""
