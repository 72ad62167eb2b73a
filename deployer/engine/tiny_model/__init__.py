"""The tiny model that the CPU profile serves: its corpus, its chat template and its trainer.

Nothing here is imported by the command line: ``train.py`` is run by path with the engine's python.
"""
