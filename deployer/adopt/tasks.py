"""Launches in the task files of SkyPilot, dstack and Truss: a shell script with GPUs beside it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deployer.adopt.around import Around, accelerators, gpu_of, scaled, with_gpu
from deployer.adopt.box import Box, joined, launched, settled, text, texts, variables
from deployer.adopt.find import Found, of_commands, of_image
from deployer.adopt.kind import Lined
from deployer.adopt.script import Script
from deployer.adopt.shell import read

OF_TOOL = ("SKYPILOT_", "DSTACK_")
"""How variables begin that these tools set where they run: none of the engine's."""


def of_skypilot(document: Lined, known: Mapping[str, str], script: Script) -> list[Found]:
    """Read a SkyPilot task (its YAML specification): `setup` and `run`, with `envs` beside them."""
    resources = document.get("resources")
    around = _sky_gpus(resources if isinstance(resources, Mapping) else {})
    nodes = document.get("num_nodes")
    around = replace(around, nodes=nodes if isinstance(nodes, int) else 1)
    around = _sky_copies(document.get("service"), around)
    given = {**variables(document.get("envs")), **variables(document.get("secrets"))}
    given = {name: value or None for name, value in given.items()}
    values = settled(given, known, script, 1, "the command line of `sky launch`")
    values |= {"SKYPILOT_NUM_NODES": str(around.nodes), **known}
    if around.count:
        values["SKYPILOT_NUM_GPUS_PER_NODE"] = str(around.count)
    image = resources.get("image_id") if isinstance(resources, Mapping) else None
    source = f"{text(document.get('setup'))}\n{text(document.get('run'))}\n"
    return _of_script(source, values, str(image or "").removeprefix("docker:"), around, script)


def of_dstack(document: Lined, known: Mapping[str, str], script: Script) -> list[Found]:
    """Read a dstack service or task (its configuration reference)."""
    resources = document.get("resources")
    around = _dstack_gpus(resources.get("gpu") if isinstance(resources, Mapping) else None)
    nodes = document.get("nodes")
    around = replace(around, nodes=nodes if isinstance(nodes, int) else 1)
    least, _, most = text(document.get("replicas")).partition("..")
    if least.isdigit() and (most.isdigit() or not most):
        around = scaled(around, int(least), int(most or least))
    values = settled(variables(document.get("env")), known, script, 1, "the shell around")
    if around.count:
        values.setdefault("DSTACK_GPUS_NUM", str(around.count))
        values.setdefault("DSTACK_GPUS_PER_NODE", str(around.count))
    values |= {**known, "DSTACK_NODES_NUM": str(around.nodes)}
    commands = "\n".join(texts(document.get("commands")))
    image = text(document.get("image"))
    if not commands.strip():
        entry = document.get("entrypoint")
        box = Box(image, tuple(shlex.split(text(entry))) if entry else None, (), values, around)
        found = launched(box, script)
        return [found] if found else []
    return _of_script(f"{commands}\n", values, image, around, script)


def of_truss(document: Lined, known: Mapping[str, str], script: Script) -> list[Found]:
    """Read a Truss configuration (Baseten's reference): the command of its own server."""
    resources = document.get("resources")
    shown = text(resources.get("accelerator")) if isinstance(resources, Mapping) else ""
    around = Around(**with_gpu(*accelerators(shown))) if shown else Around()
    server = document.get("docker_server")
    command = text(server.get("start_command")) if isinstance(server, Mapping) else ""
    base = document.get("base_image")
    image = text(base.get("image")) if isinstance(base, Mapping) else ""
    values = settled(
        variables(document.get("environment_variables")), known, script, 1, "the deployment"
    )
    repos = tuple(
        ("", str(one["repo_id"]), text(one.get("revision")))
        for key in ("model_cache", "cache_internal", "weights")
        for one in _listed(document.get(key))
        if isinstance(one, Mapping) and "repo_id" in one
    )
    if not command:
        return []
    return _of_script(f"{command}\n", values, image, replace(around, repos=repos), script)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - what YAML holds
    return value if isinstance(value, list) else []


def _of_script(
    source: str, values: dict[str, str], image: str, around: Around, script: Script
) -> list[Found]:
    """Give the launches of a script that runs in an image, on GPUs."""
    inner = read(source, values, script.unknowns)
    script.broken += inner.broken
    found = []
    for one in of_commands(inner.commands, script):
        named = one if one.image or not image else of_image(one, image)
        own = tuple(each for each in named.variables if not each[0].startswith(OF_TOOL))
        found.append(replace(named, variables=own, around=joined(around, named.around)))
    return found


def _sky_gpus(resources: Mapping[str, Any]) -> Around:
    """Give SkyPilot's accelerators; of several to choose from, what they have in common."""
    given = resources.get("accelerators", resources.get("gpus"))
    offered: list[str] = []
    if isinstance(given, Mapping):
        offered = [
            str(name) if ":" in str(name) else f"{name}:{1 if count is None else count}"
            for name, count in given.items()
        ]
    elif isinstance(given, list):
        offered = list(texts(given))
    elif given is not None:
        offered = [text(given)]
    for key in ("any_of", "ordered"):
        offered += [
            text(one.get("accelerators")) for one in _listed(resources.get(key))
            if isinstance(one, Mapping) and one.get("accelerators")
        ]  # fmt: skip
    return _among([accelerators(one) for one in offered])


def _sky_copies(service: Any, around: Around) -> Around:  # noqa: ANN401 - what YAML holds
    """Read how many replicas SkyServe keeps; without a `max_replicas` it does not scale."""
    if not isinstance(service, Mapping):
        return around
    policy = service.get("replica_policy")
    if not isinstance(policy, Mapping):
        return scaled(around, service.get("replicas"), service.get("replicas"))
    least = policy.get("min_replicas")
    return scaled(around, least, policy.get("max_replicas", least))


def _dstack_gpus(given: Any) -> Around:  # noqa: ANN401 - what YAML holds
    """Give dstack's GPUs: `H100:80GB:8`, or a mapping."""
    if isinstance(given, Mapping):
        shown, memory = text(given.get("count", 1)), text(given.get("memory"))
        named = [name for each in texts(given.get("name")) for name in each.split(",")]
        count = int(shown) if shown.isdigit() else 0
        return _among([(f"{name} {memory}".strip(), count) for name in named or ["a GPU of"]])
    parts = text(given).split(":") if given is not None else []
    if not parts:
        return Around()
    count = next((int(part) for part in parts if part.isdigit()), 1)
    sizes = [part for part in parts if re.fullmatch(r"\d+GB(\.\.(\d+GB)?)?", part)]
    names = next((part for part in parts if not part.isdigit() and part not in sizes), "")
    memory = sizes[0] if sizes else ""
    return _among([(f"{name} {memory}".strip() or "a GPU", count) for name in names.split(",")])


def _among(offered: list[tuple[str, int]]) -> Around:
    if not offered:
        return Around()
    counts = {count for _, count in offered}
    gpus = {gpu_of(name) for name, _ in offered}
    count = counts.pop() if len(counts) == 1 else 0
    if len(gpus) == 1 and "" not in gpus:
        return Around(gpu=gpus.pop(), count=count)
    return Around(
        gpu_shown=" or ".join(dict.fromkeys(name.strip() for name, _ in offered)), count=count
    )
