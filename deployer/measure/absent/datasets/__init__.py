"""Stands where the package `datasets` would be, which the engine's environment does not have.

SGLang's benchmark imports it for picture questions from a hub, which nobody here asks for
(0.5.23 ``sglang/benchmark/datasets/mmmu.py``). This file runs in the engine's environment alone.
"""


def load_dataset(*_arguments: object, **_options: object) -> None:
    """Refuse: nothing is fetched from anywhere while a load is measured."""
    message = "the package `datasets` is not part of this environment"
    raise ImportError(message)
