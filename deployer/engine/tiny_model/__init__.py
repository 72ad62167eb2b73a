"""The tiny model that the CPU profile serves: its files, and what they were trained from.

Nothing here is imported by the command line: ``train.py`` is run by path with the engine's python.
"""
