"""What stands around a launch: the GPUs, the volumes, the scaling that a file says beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from deployer.late import compile_pattern

NAMES: tuple[tuple[str, str], ...] = (
    (r"h200", "H200"),
    (r"b300", "B300"),
    (r"b200", "B200"),
    (r"h100!", "H100!"),
    (r"h100", "H100"),
    (r"a100[-_ ]?(?:sxm4?[-_]?|pcie[-_]?)?80\s?gb|a100-80", "A100-80GB"),
    (r"a100[-_ ]?(?:sxm4?[-_]?|pcie[-_]?)?40\s?gb|a100-40", "A100-40GB"),
    (r"l40s", "L40S"),
    (r"rtx[-_ ]?pro[-_ ]?6000", "RTX-PRO-6000"),
    (r"l4", "L4"),
    (r"a10g?", "A10"),
    (r"t4", "T4"),
)
"""How tools write the types of `hardware.gpu`: a word of the name, the larger first."""

KNOWN = tuple(
    (compile_pattern(rf"(?:^|[^a-z0-9])(?:{word})(?:[^a-z0-9]|$)"), gpu) for word, gpu in NAMES
)
GRACE = compile_pattern(r"gb[23]00|gh200")
"""One board with an Arm processor: none of the types that a profile has."""

MEMORY = compile_pattern(r"(?:^|[-_ :])(40|80)\s?gb?")


@dataclass(frozen=True, slots=True)
class Around:
    """What a file says beside the launch.

    ``gpu`` is the profile's name of a type, ``gpu_shown`` the source's where the profile has none;
    ``count`` are the GPUs of one container, 0 where nothing says; ``nodes`` how many containers one
    server spans; ``copies`` how many servers are always up, 0 where nothing says. ``fields`` are
    values by their path in the profile. ``volumes`` are names by mount path, with the options of
    the mount; ``repos`` what a folder was downloaded from. ``secrets`` are those that may hold the
    API key, ``nameless`` says that one without a name may, ``key_env`` is the variable that does;
    ``hub_secrets`` those that the download is given.
    """

    gpu: str = ""
    gpu_shown: str = ""
    count: int = 0
    nodes: int = 1
    copies: int = 0
    fields: tuple[tuple[str, Any], ...] = ()
    volumes: tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...] = ()
    repos: tuple[tuple[str, str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    nameless: bool = False
    key_env: str = ""
    hub_secrets: tuple[str, ...] = ()


NOTHING = Around()
"""Of a launch that stands alone."""


def gpu_of(text: str) -> str:
    """Give the profile's name of a GPU type as a tool writes it; the empty text for none."""
    plain = text.strip().lower().replace("tesla", "").replace("nvidia", "")
    if plain.upper() in {gpu for _, gpu in NAMES}:
        return plain.upper()
    if GRACE.search(plain):
        return ""
    for word, gpu in KNOWN:
        if word.search(plain):
            return gpu
    if re.search(r"(?:^|[^a-z0-9])a100(?:[^a-z0-9]|$)", plain) and (size := MEMORY.search(plain)):
        return f"A100-{size[1]}GB"
    return ""


def accelerators(text: str) -> tuple[str, int]:
    """Take `H100:8` apart: the type as written, and how many."""
    name, _, count = text.strip().partition(":")
    return name.strip(), int(count) if count.strip().isdigit() else 1


def with_gpu(shown: str, count: int) -> dict[str, Any]:
    """Give the fields of :class:`Around` for a GPU as a tool writes it."""
    gpu = gpu_of(shown)
    return {"gpu": gpu, "gpu_shown": "" if gpu else shown, "count": count}


def scaled(around: Around, least: Any, most: Any) -> Around:  # noqa: ANN401 - what YAML holds
    """Say between how many copies a tool scales; ``most`` is None where nothing bounds it.

    Two bounds are a profile's. A single number are copies that are always up, which
    :mod:`deployer.adopt.profile` tells. What is no such number says nothing.
    """
    if not _whole(least):
        return around
    if most is None or least == most:
        return replace(around, copies=least)
    if not _whole(most) or most < least:
        return around
    bounds = (("modal.min_containers", least), ("modal.max_containers", most))
    return replace(around, fields=(*around.fields, *bounds))


def _whole(value: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
