"""The Modal target: the generic app, and what is asked of Modal's own client."""
