"""Found through ``PYTHONPATH`` by each Python of ``told-at-once`` and ``told-never``."""
