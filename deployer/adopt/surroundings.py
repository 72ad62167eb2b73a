"""What a launch runs on and in: its GPUs, image and variables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from deployer.adopt.find import Found
from deployer.adopt.note import Kind, Note
from deployer.adopt.place import Placed
from deployer.adopt.script import UNKNOWN
from deployer.adopt.secrets import is_secret_name, is_secret_value
from deployer.adopt.wishes import Wishes
from deployer.facts.sglang.catalogue import Catalogue
from deployer.late import compile_pattern

VARIABLE = compile_pattern(r"[A-Za-z_][A-Za-z0-9_]*")

MOST_GPUS = 8
"""GPUs of one container on Modal (`hardware.count`)."""

SM100_VALUES = frozenset({"trtllm", "flashinfer_trtllm", "flashinfer_trtllm_routed", "trtllm_mla"})
"""Kernels for SM100 only, which tell the GPU."""

DEVICES = "CUDA_VISIBLE_DEVICES"
KERNELS = "SGLANG_DG_CACHE_DIR"

DERIVED_VARIABLES = frozenset({"HF_HUB_OFFLINE", "PYTHONUNBUFFERED"})
"""What :mod:`deployer.compile.derive` sets; on Modal that is ``KERNELS`` as well."""


def hardware(
    found: Found, placed: Placed, wishes: Wishes, comments: dict[str, str]
) -> dict[str, Any]:
    """Give the GPUs: as wished, as shown to the command, else as many as it needs."""
    count = wishes.count if wishes.count is not None else _count(found, placed)
    gpu = wishes.gpu or ("none" if placed.values.get("--device") == "cpu" else "")
    if gpu == "none":
        return {"gpu": "none", "count": 0}
    if not gpu:
        spoken = [value for section in placed.sections.values() for value in section.values()]
        gpu = "B200" if SM100_VALUES & {v for v in spoken if isinstance(v, str)} else "H100"
        text = f"a command does not name its GPUs: {gpu} is assumed, `--gpu` says which"
        placed.notes.append(Note(Kind.ASSUMED, text))
        comments["hardware.gpu"] = "Assumed: the command does not name its GPUs."
    if count > MOST_GPUS:
        text = f"{count} GPUs are more than the {MOST_GPUS} of one container: mend `hardware`"
        placed.notes.append(Note(Kind.LEFT_OUT, text))
    return {"gpu": gpu, "count": min(max(count, 1), MOST_GPUS)}


def _count(found: Found, placed: Placed) -> int:
    """Give the GPUs that the engine uses; fewer where the command shows it fewer."""
    needed, shown = _needed(placed), _visible(found)
    if shown > needed:
        text = f"the command shows {shown} GPUs and the engine uses {needed}: `hardware.count`"
        placed.notes.append(Note(Kind.ASSUMED, f"{text} is {needed}"))
    return min(shown or needed, needed)


def _needed(placed: Placed) -> int:
    """Give the GPUs that the parallel sizes ask for."""
    sizes = dict(placed.sections.get("parallel", {}))
    replicas = 1 if sizes.get("dp_attention") or "attn-dp-size" in placed.args else sizes.get("dp")
    return int(math.prod((sizes.get("tp") or 1, sizes.get("pp") or 1, replicas or 1)))


def _visible(found: Found) -> int:
    """Count the GPUs that the environment or the container shows; 0 where neither says."""
    devices = dict(found.variables).get(DEVICES, "")
    if not devices and "device=" in found.gpus:
        devices = found.gpus.partition("device=")[2].strip("\"'")
    if found.gpus.isdigit():
        return int(found.gpus)
    return len([one for one in devices.split(",") if one.strip()])


def engine(
    catalogue: Catalogue, found: Found, placed: Placed, wishes: Wishes, comments: dict[str, str]
) -> dict[str, Any]:
    """Give the release, the image, the free arguments and the variables."""
    engine: dict[str, Any] = {"version": catalogue.version}
    image = _image(catalogue, found, placed, wishes)
    engine["image"] = image or f"lmsysorg/sglang:v{catalogue.version}"
    if not image:
        comments["engine.image"] = "Assumed: the command names no image that could be taken."
        text = f"the image is assumed: {engine['image']}"
        placed.notes.append(Note(Kind.ASSUMED, text))
    if placed.args:
        engine["args"] = placed.args
    if variables := dict(_variables(found, placed, wishes)):
        engine["env"] = variables
    return engine


def _image(catalogue: Catalogue, found: Found, placed: Placed, wishes: Wishes) -> str:
    """Give the image that the command names, if it has a tag and is of the profile's release."""
    if UNKNOWN.search(found.image):
        placed.notes.append(Note(Kind.LEFT_OUT, "the image is not known: mend `engine.image`"))
        return ""
    if found.image_release and found.image_release != catalogue.version:
        kind = Kind.ASSUMED if wishes.release else Kind.LEFT_OUT
        text = f"the image {found.image} is not of SGLang {catalogue.version}, so it is not taken"
        placed.notes.append(Note(kind, text))
        return ""
    if found.image and not re.search(r":[^/]+$|@", found.image):
        placed.notes.append(Note(Kind.ASSUMED, f"the image {found.image} has no tag"))
        return ""
    return found.image


def _variables(found: Found, placed: Placed, wishes: Wishes) -> Iterator[tuple[str, str]]:
    for name, value in dict(found.variables).items():
        if is_secret_name(name) or is_secret_value(value):
            text = f"`{name}` holds a secret: name it under `modal.hub_secret` or in your shell"
            placed.notes.append(Note(Kind.MOVED, text))
        elif UNKNOWN.search(value) or not VARIABLE.fullmatch(name):
            shown = UNKNOWN.sub("…", name)
            placed.notes.append(Note(Kind.LEFT_OUT, f"the variable `{shown}` is not known"))
        elif name in DERIVED_VARIABLES or (name == KERNELS and wishes.target == "modal"):
            placed.notes.append(Note(Kind.MOVED, f"deployer sets `{name}` itself"))
        elif name == DEVICES and wishes.target == "modal":
            text = f"`{DEVICES}` is not kept: a container sees its own GPUs, `hardware.count` many"
            placed.notes.append(Note(Kind.MOVED, text))
        else:
            yield name, value
