"""What the images hold in which weights are downloaded."""

from __future__ import annotations

from deployer.facts.modal.keywords import HOME

PYTHON = "3.12"
"""The Python of the small image; what runs there is tested with 3.11 and later."""

LIBRARY = ("huggingface-hub==2.4.0", "hf-xet==1.8.0")
"""What downloads: pinned, because calls of it are used that its documentation does not list, and
because a new release is first to be tried."""

XET = {
    "HF_XET_HIGH_PERFORMANCE": "1",
    "HF_XET_CACHE": f"{HOME}/.cache/xet",
    "HF_XET_TELEMETRY_ENABLED": "0",
}
"""Xet with all that the container has, what it keeps off the volume, and nothing told to the
storage of how it went. It is read when the process begins to use hf_xet."""

IMAGE_TIMEOUT = 1800
"""Seconds for a container of the engine's image to start, about 20 GB to unpack."""
