"""The weights beside the language model: towers for images, and what joins them to it.

Counted are towers of the usual kind, a transformer with patches; a tower whose size is not said,
and one for sound, are named and not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]

DEPTH = ("depth", "num_hidden_layers", "vt_num_hidden_layers", "layers")
WIDTH = ("hidden_size", "vt_hidden_size", "width")
INNER = ("intermediate_size", "vt_intermediate_size")
"""What families call the layers of a tower, their width and that of their MLPs."""

MERGE = 2
"""Patches on a side that become one token, where nothing is said."""


def count(config: Config) -> tuple[int, str]:
    """Count the weights of towers; and say what of them is not known, empty for all known."""
    vision = config.get("vision_config") or config.get("visual") or {}
    sound = "`audio_config` means a part for sound, whose weights are not counted"
    unknown = sound if config.get("audio_config") else ""
    if not vision:
        towers = str((config.get("architectures") or [""])[0])
        if "ForConditionalGeneration" in towers and not unknown:
            unknown = "the size of the part for images is not said, and its weights are not counted"
        return 0, unknown
    depth, width, inner = (_first(vision, keys) for keys in (DEPTH, WIDTH, INNER))
    if not (depth and width):
        return 0, "`vision_config` does not say the size of the part for images: it is not counted"
    each = 4 * width**2 + 2 * width * (inner or 4 * width) + 9 * width + (inner or 4 * width)
    return depth * each + _patches(vision, width) + _mergers(config, vision, width), unknown


def _first(found: Config, keys: tuple[str, ...]) -> int:
    return next((int(found[key]) for key in keys if found.get(key)), 0)


def _patches(vision: Config, width: int) -> int:
    side = int(vision.get("patch_size") or 14)
    frames = int(vision.get("temporal_patch_size") or 1)
    places = int(
        vision.get("num_position_embeddings") or vision.get("position_embedding_size") or 0
    )
    return 3 * frames * side**2 * width + places * width


def _mergers(config: Config, vision: Config, width: int) -> int:
    """Count what makes tokens of patches: two matrices, once more for each level of deep stacks."""
    kernel = vision.get("merge_kernel_size") or [MERGE, MERGE]
    merge = int(vision.get("spatial_merge_size") or kernel[0])
    joined = width * merge**2
    out = int(
        vision.get("out_hidden_size") or vision.get("text_hidden_size") or config["hidden_size"]
    )
    levels = 1 + len(vision.get("deepstack_visual_indexes") or ())
    return levels * (joined**2 + joined * out)
