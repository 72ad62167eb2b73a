"""Launches in Kubernetes manifests: whatever holds containers, `$(VAR)` in their words.

Deployment, StatefulSet, Job and Pod, LeaderWorkerSet (its leader is the server, its size the
machines that the server spans), KServe's services and runtimes, and other kinds with a pod in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from deployer.adopt.around import Around, gpu_of, scaled, with_gpu
from deployer.adopt.beside import note_beside
from deployer.adopt.box import Box, launched, text, texts
from deployer.adopt.find import Found
from deployer.adopt.kind import PLACEHOLDER, Lined
from deployer.adopt.note import Kind, Note
from deployer.adopt.script import Command, Script
from deployer.late import compile_pattern

REFERENCE = compile_pattern(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
"""`$$` is one `$`, whatever follows (Kubernetes ``third_party/forked/golang/expansion``)."""

FILLED = compile_pattern(r"\b__([A-Z][A-Z0-9_]*)__\b")
"""How people write what `sed` fills in."""

GPU = compile_pattern(r"(?:nvidia\.com/(?:gpu|mig-.*)|amd\.com/gpu|aliyun\.com/.*gpu.*)")
GROUP_SIZE = "LWS_GROUP_SIZE"
"""What LeaderWorkerSet tells each of its containers: how many there are."""

DEEPEST = 24
"""Levels of a manifest that are looked through."""


def launches(documents: Sequence[Lined], known: Mapping[str, str], script: Script) -> list[Found]:
    """Give the launches of all containers, in order."""
    found: list[Found] = []
    scripts, maps = dict(_scripts(documents)), dict(_maps(documents))
    for document in documents:
        for pod, around in _pods(document, Around(), 0):
            for first in _each(pod.get("initContainers"), maps):
                box = _box(first, pod, around, known, script)
                words = (*(box.entrypoint or ()), *box.words)
                note_beside(Command(words, box.line, ()), script)
            for container in _each(pod["containers"], maps):
                box = _box(container, pod, around, known, script)
                if (one := launched(box, script) or _of_script(box, scripts, script)) is not None:
                    found.append(one)
                elif box.image:
                    script.others.append(f"the container {container.get('name', box.image)}")
    alone = () if found else scripts.values()
    boxes = [
        Box(words=_started(content), variables=dict(known), line=line) for content, line in alone
    ]
    return [*found, *(one for box in boxes if (one := launched(box, script)) is not None)]


def _maps(documents: Sequence[Lined]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give what config maps hold, by their names."""
    for document in documents:
        data, about = document.get("data"), document.get("metadata")
        if document.get("kind") == "ConfigMap" and isinstance(data, Mapping):
            yield str(about.get("name") if isinstance(about, Mapping) else ""), data


def _each(containers: Any, maps: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - what YAML holds
    """Give the containers, with the variables that config maps of the same file hold."""
    for one in containers or ():
        if isinstance(one, Mapping):
            made = Lined(one)
            made.line = one.line if isinstance(one, Lined) else 1
            made["env"] = list(_stated(one, maps))
            yield made


def _stated(container: Mapping[str, Any], maps: Mapping[str, Mapping[str, Any]]) -> Iterator[Any]:
    """Give a container's variables as `env` has them: `env` comes after `envFrom`, and counts."""
    for source in container.get("envFrom") or ():
        named = source.get("configMapRef") if isinstance(source, Mapping) else None
        held = maps.get(str(named.get("name")), {}) if isinstance(named, Mapping) else {}
        prefix = text(source.get("prefix")) if isinstance(source, Mapping) else ""
        yield from ({"name": f"{prefix}{key}", "value": value} for key, value in held.items())
    for one in container.get("env") or ():
        wanted = one.get("valueFrom") if isinstance(one, Mapping) else None
        wanted = wanted.get("configMapKeyRef") if isinstance(wanted, Mapping) else None
        held = maps.get(str(wanted.get("name")), {}) if isinstance(wanted, Mapping) else {}
        key = str(wanted.get("key")) if isinstance(wanted, Mapping) else ""
        yield {"name": one["name"], "value": held[key]} if key in held and "name" in one else one


def _of_script(box: Box, scripts: Mapping[str, tuple[str, int]], script: Script) -> Found | None:
    """Give the launch of a script that a config map holds and the container runs by its name."""
    for word in (*(box.entrypoint or ()), *box.words):
        if (held := scripts.get(word.rpartition("/")[2])) is not None:
            return launched(replace(box, entrypoint=_started(held[0]), words=()), script)
    return None


def _scripts(documents: Sequence[Lined]) -> Iterator[tuple[str, tuple[str, int]]]:
    """Give the shell scripts that config maps hold, with their lines, by their files' names."""
    for document in documents:
        data = document.get("data") if document.get("kind") == "ConfigMap" else None
        for name, content in data.items() if isinstance(data, Mapping) else ():
            if isinstance(content, str) and (str(name).endswith(".sh") or content.startswith("#!")):
                yield str(name), (content, data.line if isinstance(data, Lined) else 1)


def _started(content: str) -> tuple[str, ...]:
    return ("bash", "-c", content)


def _pods(node: Any, around: Around, depth: int) -> Iterator[tuple[Mapping[str, Any], Around]]:  # noqa: ANN401, C901 - what YAML holds
    if depth > DEEPEST:
        return
    if isinstance(node, list):
        for one in node:
            yield from _pods(one, around, depth + 1)
    if not isinstance(node, Mapping):
        return
    around = _copies(node, around)
    if isinstance(node.get("containers"), list):
        yield node, around
        return
    if isinstance(node.get("image"), str) and ("command" in node or "args" in node):
        yield {"containers": [node]}, around
        return
    if "workerTemplate" in node and isinstance(node.get("leaderTemplate"), Mapping):
        node = {**node, "workerTemplate": None}
    size = node.get("size")
    if isinstance(size, int) and ("workerTemplate" in node or "leaderTemplate" in node):
        around = replace(around, nodes=size)
    for key, one in node.items():
        if key != "initContainers":
            yield from _pods(one, around, depth + 1)


def _copies(node: Mapping[str, Any], around: Around) -> Around:
    """Read `replicas`, or KServe's bounds: at least one, and no upper one for 0 and for none."""
    if "minReplicas" in node or "maxReplicas" in node:
        return scaled(around, node.get("minReplicas", 1), node.get("maxReplicas") or None)
    return scaled(around, node.get("replicas"), node.get("replicas"))


def _box(
    container: Mapping[str, Any],
    pod: Mapping[str, Any],
    around: Around,
    known: Mapping[str, str],
    script: Script,
) -> Box:
    line = container.line if isinstance(container, Lined) else 1
    values = _variables(container.get("env"), known, script, line, around)
    command, words = texts(container.get("command")), texts(container.get("args"))
    count = _gpus(container)
    shown = _gpu_type(pod)
    notes = [
        Note(Kind.MOVED, f"`{key}` of the container has no place in a profile", line)
        for key in ("livenessProbe", "readinessProbe", "startupProbe", "volumeMounts", "lifecycle")
        if key in container
    ]
    if _amd(container):
        shown = "an AMD GPU"
    return Box(
        image=text(container.get("image")),
        entrypoint=tuple(_referred(word, values, script, line) for word in command) or None,
        words=tuple(_referred(word, values, script, line) for word in words),
        variables={name: value for name, value in values.items() if name != GROUP_SIZE},
        around=replace(around, **with_gpu(shown, count)),
        line=line,
        notes=tuple(notes),
    )


def _variables(
    env: Any,  # noqa: ANN401 - any value
    known: Mapping[str, str],
    script: Script,
    line: int,
    around: Around,
) -> dict[str, str]:
    """Give a container's variables; what the cluster would fill in is marked."""
    values = dict(known)
    if around.nodes > 1:
        values.setdefault(GROUP_SIZE, str(around.nodes))
    for one in env if isinstance(env, list) else ():
        if not isinstance(one, Mapping) or "name" not in one:
            continue
        name = str(one["name"])
        if "value" in one:
            values[name] = _referred(text(one["value"]), values, script, line)
        elif name not in known:
            values[name] = script.unknowns.mark(f"`{name}` comes from the cluster", line)
    return values


def _referred(word: str, values: Mapping[str, str], script: Script, line: int) -> str:
    """Put variables in for `$(VAR)`; one that the manifest does not set is not known."""

    def put(found: re.Match[str]) -> str:
        if found[1] is None:
            return "$"
        if (value := values.get(found[1])) is not None:
            return value
        return script.unknowns.mark(f"`$({found[1]})` is set nowhere in the manifest", line)

    def ask(found: re.Match[str]) -> str:
        value = values.get(found[1])
        return value or script.unknowns.mark(
            f"`{found[1]}` is filled in before it is applied", line
        )

    return FILLED.sub(ask, PLACEHOLDER.sub(ask, REFERENCE.sub(put, word)))


def _gpus(container: Mapping[str, Any]) -> int:
    resources = container.get("resources")
    for kind in ("limits", "requests"):
        listed = resources.get(kind) if isinstance(resources, Mapping) else None
        for name, count in listed.items() if isinstance(listed, Mapping) else ():
            if GPU.fullmatch(str(name)) and str(count).isdigit():
                return int(count)
    return 0


def _amd(container: Mapping[str, Any]) -> bool:
    return "amd.com/gpu" in str(container.get("resources"))


def _gpu_type(pod: Mapping[str, Any]) -> str:
    """Give the GPU type that a pod is bound to, as it is written there."""
    for value in _strings([pod.get("nodeSelector"), pod.get("affinity")], 0):
        if gpu_of(value):
            return value
    return ""


def _strings(node: Any, depth: int) -> Iterator[str]:  # noqa: ANN401 - what YAML holds
    if depth > DEEPEST:
        return
    if isinstance(node, str):
        yield node
    for one in (
        node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    ):
        yield from _strings(one, depth + 1)
