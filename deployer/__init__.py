"""deployer: from a YAML profile to a verified, OpenAI-compatible SGLang endpoint."""
