"""What runs inside the engine's environment, to resolve arguments as if on other hardware.

These modules import torch and SGLang by name, and only there: the command line copies them into a
temporary folder and runs ``run.py`` with the engine's python. Standard library otherwise.
"""
