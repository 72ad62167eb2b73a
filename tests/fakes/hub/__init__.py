"""A hub of our own: a real HTTP server with real files, and the faults that networks have."""
