"""Which YAML key is behind a part of a release that no flag and no variable carries."""

from __future__ import annotations

from collections.abc import Callable

OWN = {
    "listen.api_key_variable": "serving.api_key_env",
    "listen.host": "serving.host",
    "listen.port": "serving.port",
    "listen.routes": "serving.routes",
    "listen.origins": "serving.cors_origins",
    "listen.body_limit": "serving.body_limit",
    "engine.command": "engine.name",
    "lifecycle.startup": "lifecycle.startup_timeout",
    "lifecycle.warmup": "lifecycle.warmup_timeout",
    "lifecycle.drain": "lifecycle.drain_timeout",
    "lifecycle.budget": "lifecycle.start_budget",
    "lifecycle.hang": "lifecycle.hang_timeout",
    "modal.download_cpu": "modal.download.cpu",
    "modal.download_memory": "modal.download.memory",
    "modal.download_client": "modal.download.client",
    "modal.download_connections": "modal.download.connections",
    "modal.download_containers": "modal.download.containers",
    "modal.download_timeout": "modal.download.timeout",
    "modal.kernel_walk": "modal.kernels.walk",
    "modal.kernel_weights": "modal.kernels.weights",
}
"""Paths in a release that are called otherwise in a profile; every other path is its own key."""

FOLLOWS = {
    "model.commit": "model.revision",
    "modal.max_inputs": "schedule.max_running_requests",
    "modal.target_inputs": "modal.max_inputs",
    "modal.startup_timeout": "lifecycle.startup_timeout",
    "modal.cpu": "hardware.count",
    "modal.memory": "hardware.count",
}
"""Keys that follow from another where the profile does not state them (``compile/derive.py``)."""

LISTS = frozenset(
    {"engine.image_steps", "modal.buckets", "modal.secrets", "modal.schedule", "modal.volumes"}
)
"""Keys with lists of parts: each part has a path of its own in a release, and none in a profile."""

SEVERAL = LISTS | {"lifecycle.stage_budgets", "modal.options", "modal.tags"}
"""Keys below which are several parts, or names that the author gave."""

Written = Callable[[str], bool]
"""Whether a profile states a key."""


def key_of(path: str, written: Written | None) -> str:
    """Give the key to edit for what stands at ``path`` in a release."""
    key = OWN.get(path, path)
    several = key.rpartition(".")[0]
    key = several if several in LISTS else key
    while written is not None and key in FOLLOWS and not written(key):
        key = FOLLOWS[key]
    return key
