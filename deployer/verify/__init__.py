"""The OpenAI-compatible surface as probes, one promise a file."""
