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

OF_ENGINE = compile_pattern(r"(SGL|CUDA|TORCH|PYTORCH|FLASHINFER|TRITON|NVSHMEM|DG_|HF_HUB|OMP)")
"""How variables begin that the engine and its kernels read: a value of these is asked for."""

MOST_GPUS = 8
"""GPUs of one container on Modal (`hardware.count`)."""

SM100_VALUES = frozenset({"trtllm", "flashinfer_trtllm", "flashinfer_trtllm_routed", "trtllm_mla"})
"""Kernels for SM100 only, which tell the GPU."""

DEVICES = "CUDA_VISIBLE_DEVICES"
SHOWN = frozenset({DEVICES, "NVIDIA_VISIBLE_DEVICES"})
"""Variables that say which GPUs of a machine are seen."""

KERNELS = "SGLANG_DG_CACHE_DIR"

CACHES = frozenset({"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE"})
"""Where huggingface_hub keeps what it downloads: deployer downloads into a folder of the volume."""

DERIVED_VARIABLES = frozenset({"HF_HUB_OFFLINE", "PYTHONUNBUFFERED"})
"""What :mod:`deployer.compile.derive` sets; on Modal that is ``KERNELS`` as well."""


MULTINODE = ("nnodes", "node-rank", "dist-init-addr")
"""Arguments of a server that spans several containers."""


def hardware(
    found: Found, placed: Placed, wishes: Wishes, comments: dict[str, str]
) -> dict[str, Any]:
    """Give the GPUs: as wished, as the source says, else ask."""
    gpu = wishes.gpu or ("none" if placed.values.get("--device") == "cpu" else found.around.gpu)
    if gpu == "none":
        return {"gpu": "none", "count": 0}
    made: dict[str, Any] = {}
    if gpu:
        made["gpu"] = gpu
    else:
        placed.ask("hardware.gpu", _which_gpu(found, placed))
    count = _asked_count(found, placed, wishes)
    if count is not None:
        made["count"] = count
        if not wishes.count and not _says_sizes(placed):
            comments["hardware.count"] = "The command divides the model over no more."
    return made


def _which_gpu(found: Found, placed: Placed) -> str:
    """Ask for the GPU type, with what the source says of it."""
    spoken = [value for section in placed.sections.values() for value in section.values()]
    if SM100_VALUES & {v for v in spoken if isinstance(v, str)}:
        return "on which GPU does it run? Its kernels need a B200 or a B300."
    if found.around.gpu_shown:
        shown = found.around.gpu_shown
        left = " or " in shown
        ran = f"It ran on {shown}{'' if left else ', which is no GPU type here'}."
        return f"on which GPU does it run? {ran}"
    return "on which GPU does it run? The command does not say: H100, H200, B200, …"


def _asked_count(found: Found, placed: Placed, wishes: Wishes) -> int | None:
    """Give the GPUs of a replica; ask where the sizes are not known or need several containers."""
    nodes = placed.args.get("nnodes", max(found.around.nodes, 1))
    several = (isinstance(nodes, int) and nodes > 1) or (
        "--nnodes" in placed.unsure and found.around.nodes != 1
    )
    if several:
        _one_container(placed)
    if wishes.count is not None:
        return wishes.count
    missing = SIZES & placed.unsure
    if missing or placed.open_sizes:
        shown = found.around.count
        if shown and not several:
            return min(shown, MOST_GPUS)
        placed.ask("hardware.count", "on how many GPUs? The parallel sizes are not known.")
        return None
    count = _count(found, placed)
    if count > MOST_GPUS or several:
        text = "It spans several machines" if several else f"It takes {count} GPUs"
        placed.ask(
            "hardware.count",
            f"on how many GPUs? {text}, and a replica is one container, of {MOST_GPUS} at most: "
            "take a GPU with more memory, or fewer bits a weight.",
        )
        for name in ("tp", "dp", "pp", "ep"):
            if (size := placed.sections.get("parallel", {}).pop(name, None)) is not None:
                placed.ask(f"parallel.{name}", f"how many? It was {size} over all machines.")
        return None
    return max(count, 1)


SIZES = frozenset({"--tp-size", "--dp-size", "--pp-size"})


def _says_sizes(placed: Placed) -> bool:
    return bool(SIZES & set(placed.values))


def _one_container(placed: Placed) -> None:
    """Leave out how several containers find each other: a replica is one."""
    gone = [name for name in MULTINODE if placed.args.pop(name, None) is not None]
    gone += [
        name for name in MULTINODE if placed.todos.pop(f"engine.args.{name}", None) is not None
    ]
    if gone:
        named = ", ".join(f"`--{name}`" for name in dict.fromkeys(gone))
        placed.notes.append(
            Note(Kind.MOVED, f"{named}: a replica is one container, which needs none")
        )


def _count(found: Found, placed: Placed) -> int:
    """Give the GPUs that the engine uses; fewer where the command shows it fewer."""
    needed, shown = _needed(placed), _visible(found)
    if shown > needed:
        text = f"the command shows {shown} GPUs and the engine uses {needed}: `hardware.count`"
        placed.notes.append(Note(Kind.ASSUMED, f"{text} is {needed}"))
    return min(shown or needed, needed) if not found.around.count else needed


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
    if UNKNOWN.search(devices):
        return 0
    if found.gpus.isdigit():
        return int(found.gpus)
    return len([one for one in devices.split(",") if one.strip()]) or found.around.count


def engine(
    catalogue: Catalogue, found: Found, placed: Placed, wishes: Wishes, comments: dict[str, str]
) -> dict[str, Any]:
    """Give the release, the image, the free arguments and the variables."""
    engine: dict[str, Any] = {"version": catalogue.version}
    image = _image(catalogue, found, placed)
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


def _image(catalogue: Catalogue, found: Found, placed: Placed) -> str:
    """Give the image that the command names, if it has a tag and is of the profile's release."""
    if UNKNOWN.search(found.image):
        text = "the image is not known before it runs, so it is not taken"
        placed.notes.append(Note(Kind.ASSUMED, text))
        return ""
    if found.image_release and found.image_release != catalogue.version:
        text = f"the image {found.image} is not of SGLang {catalogue.version}, so it is not taken"
        placed.notes.append(Note(Kind.ASSUMED, text))
        return ""
    if found.image and not re.search(r":[^/]+$|@", found.image):
        placed.notes.append(Note(Kind.ASSUMED, f"the image {found.image} has no tag"))
        return ""
    if found.image and found.translated:
        placed.notes.append(
            Note(Kind.MOVED, f"the image {found.image} is vLLM's, and is not taken")
        )
        return ""
    return found.image


def _variables(found: Found, placed: Placed, wishes: Wishes) -> Iterator[tuple[str, str]]:
    for name, value in dict(found.variables).items():
        if is_secret_name(name) or is_secret_value(value):
            text = f"`{name}` holds a secret: name it under `modal.hub_secret` or in your shell"
            placed.notes.append(Note(Kind.MOVED, text))
        elif name in DERIVED_VARIABLES or (name in {KERNELS, *CACHES} and wishes.target == "modal"):
            placed.notes.append(Note(Kind.MOVED, f"deployer sets `{name}` itself"))
        elif name in SHOWN and wishes.target == "modal":
            text = f"`{name}` is not kept: a container sees its own GPUs, `hardware.count` many"
            placed.notes.append(Note(Kind.MOVED, text))
        elif UNKNOWN.search(value) or not VARIABLE.fullmatch(name):
            shown = UNKNOWN.sub("…", name)
            if VARIABLE.fullmatch(name) and OF_ENGINE.match(name):
                placed.ask(
                    f"engine.env.{name}",
                    "what is its value? It is known only where the source runs.",
                )
            else:
                text = f"the variable `{shown}` is known only where it runs, and is not kept"
                placed.notes.append(Note(Kind.MOVED, text))
        else:
            yield name, value
