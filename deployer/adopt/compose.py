"""Launches in a compose file (compose-spec: services, interpolation, `deploy.resources`)."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from deployer.adopt.around import Around, scaled
from deployer.adopt.beside import note_beside
from deployer.adopt.box import Box, launched, settled, text, texts, variables
from deployer.adopt.find import Found, built
from deployer.adopt.kind import Lined
from deployer.adopt.note import Kind, Note
from deployer.adopt.script import Command, Script
from deployer.adopt.shell_words import evaluated

NOT_KEPT = (
    "build", "depends_on", "healthcheck", "ipc", "networks", "ports", "restart", "shm_size",
    "ulimits", "volumes",
)  # fmt: skip


def launches(
    document: Lined, known: Mapping[str, str], read: Callable[[str], str | None], script: Script
) -> list[Found]:
    """Give the launches of all services, in order."""
    values = {**settings(read(".env") or ""), **known}
    found: list[Found] = []
    for name, service in document["services"].items():
        if not isinstance(service, Mapping):
            continue
        box = _box(str(name), service, values, read, script)
        if (one := launched(box, script)) is not None:
            found.append(built(one, "the service's `build`") if "build" in service else one)
        elif box.words or box.image:
            script.others.append(f"the service {name}")
            note_beside(Command((*(box.entrypoint or ()), *box.words), box.line, ()), script)
    return found


def settings(content: str) -> dict[str, str]:
    """Read `NAME=value` lines, as an env file has them."""
    found: dict[str, str] = {}
    for line in content.splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def _box(
    name: str,
    service: Mapping[str, Any],
    values: Mapping[str, str],
    read: Callable[[str], str | None],
    script: Script,
) -> Box:
    line = service.line if isinstance(service, Lined) else 1

    def filled(value: Any) -> str:  # noqa: ANN401 - what YAML holds
        return evaluated(text(value), values, script.unknowns, line)

    files = [settings(read(path) or "") for path in _files(service.get("env_file"))]
    own = {
        key: None if value is None else filled(value)
        for key, value in variables(service.get("environment")).items()
    }
    given = settled(own, values, script, line, "the shell around")
    notes = [
        Note(Kind.MOVED, f"`{key}` of the service {name} has no place in a profile", line)
        for key in NOT_KEPT
        if key in service
    ]
    missing = [path for path in _files(service.get("env_file")) if read(path) is None]
    notes += [
        Note(Kind.MOVED, f"the env file {path} is not here: its variables are not known", line)
        for path in missing
    ]
    entrypoint, deploy = service.get("entrypoint"), service.get("deploy")
    copies = service.get("scale", deploy.get("replicas") if isinstance(deploy, Mapping) else None)
    return Box(
        image=filled(service.get("image")),
        entrypoint=None if entrypoint is None else _words(entrypoint, filled),
        words=_words(service.get("command"), filled),
        variables={key: value for each in files for key, value in each.items()} | given,
        around=scaled(Around(count=_gpus(service)), copies, copies),
        line=line,
        notes=tuple(notes),
    )


def _words(value: Any, filled: Callable[[Any], str]) -> tuple[str, ...]:  # noqa: ANN401 - what YAML holds
    """Divide a command: a list is words already, a text is divided by a shell's quotes."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(filled(value)))
        except ValueError:
            return tuple(filled(value).split())
    return tuple(filled(one) for one in texts(value))


def _files(value: Any) -> list[str]:  # noqa: ANN401 - what YAML holds
    listed = value if isinstance(value, list) else [value]
    paths = [one.get("path") if isinstance(one, Mapping) else one for one in listed]
    return [str(path) for path in paths if path]


def _gpus(service: Mapping[str, Any]) -> int:
    """Count the GPUs that a service reserves; 0 where it takes all that there are."""
    found: Any = service.get("deploy")
    for key in ("resources", "reservations", "devices"):
        found = found.get(key) if isinstance(found, Mapping) else None
    for device in found if isinstance(found, list) else ():
        if isinstance(device, Mapping):
            if isinstance(device.get("device_ids"), list):
                return len(device["device_ids"])
            if str(device.get("count")).isdigit():
                return int(device["count"])
    return 0
