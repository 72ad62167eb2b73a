"""The process in front of the engine: what clients reach, built on aiohttp and nothing else."""
