"""What is put into the engine's own environment, so that SGLang runs on a plain CPU."""
