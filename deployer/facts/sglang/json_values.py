"""Options whose value is JSON, and which the command line takes for any text.

Source: the options' help in the catalogues of 0.5.9 to 0.5.23, and where 0.5.23 reads them:
``configs/model_config.py:612``, ``configs/load_config.py:137``, ``mem_cache/pool_host/common.py``,
``mem_cache/sparsity/factory.py:73``, ``disaggregation/kv_events.py``. Options that the parser
itself reads as JSON (``json.loads``) are no matter here: it refuses what is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployer.codec import DecodeError, read_json

OBJECTS = frozenset({
    "--json-model-override-args", "--model-loader-extra-config", "--hisparse-config",
    "--hierarchical-sparse-attention-extra-config", "--kv-events-config", "--modelexpress-config",
})  # fmt: skip
"""Options whose value must be a JSON object."""

OR_ELSE = frozenset({
    "--hicache-storage-backend-extra-config", "--deepep-config", "--watermark-config",
    "--init-expert-location", "--disaggregation-ib-device",
})  # fmt: skip
"""Options whose value is a JSON object, or else something that begins with no brace: a file."""


class NoObjectError(ValueError):
    """A value is no JSON object; its text says why not."""


def is_json(flag: str, value: str) -> bool:
    """Whether an option's value must be a JSON object."""
    return flag in OBJECTS or (flag in OR_ELSE and value.lstrip().startswith("{"))


def read_object(value: str) -> Mapping[str, Any]:
    """Read a JSON object as the engine does. Raises NoObjectError."""
    try:
        found: Any = read_json(value, constants=True)
    except DecodeError as error:
        raise NoObjectError(str(error)) from error
    if not isinstance(found, dict):
        msg = "JSON, and no object"
        raise NoObjectError(msg)
    return found
