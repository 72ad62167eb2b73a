"""A release as a file of one form, and what that file leaves out."""

from __future__ import annotations

import json
import math
import re
import shlex
from dataclasses import dataclass
from typing import Any

from deployer.compile.patching import patch_command
from deployer.eject.left import COMPOSE, DOCKER, KUBERNETES, MODAL, SKYPILOT, Left, left
from deployer.eject.render import rendered
from deployer.errors import Failure
from deployer.facts.gpus import GPUS
from deployer.facts.modal.images import IMAGE_TIMEOUT, LIBRARY, PYTHON, XET
from deployer.late import compile_pattern
from deployer.plan.cost import COMPILE_SECONDS
from deployer.release import SHELL, Argument, ModelSource, Release

TEMPLATES = {
    MODAL: "modal.py.j2",
    DOCKER: "docker.sh.j2",
    COMPOSE: "compose.yaml.j2",
    KUBERNETES: "kubernetes.yaml.j2",
    SKYPILOT: "skypilot.yaml.j2",
}

KEY_FILE = "/tmp/engine-key.yaml"  # noqa: S108 - in a container of its own, readable by its user alone
"""Where a container keeps the key for the engine, which reads it from there and from no argument
(``docs/decisions/0001-key-through-a-config-file.md``)."""

MEETS_AT = 20000
"""The port at which the machines of one replica find each other, as in LeaderWorkerSet's example
for SGLang (kubernetes-sigs/lws ``docs/examples/sglang``)."""

NODES, RANK, ADDRESS = "--nnodes", "--node-rank", "--dist-init-addr"

SKY_NAMES = {"A100-40GB": "A100", "RTX-PRO-6000": "RTXPRO6000"}
"""How SkyPilot calls GPUs where that is another name (its catalogs, 0.14.1)."""

WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.gguf", "*.pth")
"""What a model that is taken without its weights does without."""

PROBE_EVERY = 10
"""Seconds between two questions for a container's health."""


Step = dict[str, Any]
Steps = list[Step]


@dataclass(frozen=True, slots=True)
class Ejected:
    """A file's text, and what it does not say or do."""

    text: str
    left: tuple[Left, ...]


def eject(release: Release, form: str) -> Ejected:
    """Write a release as a file of a form; raises Failure where it cannot be one."""
    if release.modal is None:
        msg = f"`{release.name}` is for `target: local`, where the engine is deployer's own"
        raise Failure(
            msg,
            hint="A profile for `target: modal` says which image, volumes and GPUs a file needs",
        )
    nodes = _nodes(release)
    if nodes > 1 and form not in {KUBERNETES, SKYPILOT}:
        msg = f"a replica of `{release.name}` spans {nodes} machines, and a {form} file has one"
        raise Failure(msg, hint="Use `--to kubernetes` or `--to skypilot`")
    lost = left(release, form)
    values = {**_view(release, form, nodes), "left": lost, "digest": release.digest()[:12]}
    return Ejected(rendered(TEMPLATES[form], values), lost)


def _view(release: Release, form: str, nodes: int) -> dict[str, Any]:
    """Give what the templates read beside the release itself."""
    modal = release.modal
    assert modal is not None  # noqa: S101 - eject looked
    key, life = release.listen.api_key_variable, release.lifecycle
    steps = _steps(release)
    return {
        "release": release,
        "modal": modal,
        "words": [each.words() for each in _arguments(release, nodes)],
        "command": release.engine.command,
        "nodes": nodes,
        "key": key,
        "starts": f'{key_into_file(key)}; exec "$@" --config {KEY_FILE}',
        "downloads": [_download(one) for one in release.sources()],
        "gpu": release.hardware.gpu.removesuffix("!"),
        "steps": steps,
        "probe_every": PROBE_EVERY,
        "health_timeout": max(1, math.ceil(life.health_timeout)),
        "drain": math.ceil(life.drain),
        "object_name": object_name(release.name),
        **_OF_FORM[form](release, steps, nodes),
    }


def _of_modal(release: Release, steps: Steps, nodes: int) -> dict[str, Any]:
    del steps, nodes
    modal = release.modal
    assert modal is not None  # noqa: S101 - as above
    region = "compute_region" if modal.endpoint == "server" else "region"
    stated = {
        region: list(modal.regions),
        "routing_region": modal.routing_region,
        "cloud": modal.cloud,
        "ephemeral_disk": modal.ephemeral_disk,
        "buffer_containers": modal.buffer_containers,
        "nonpreemptible": modal.nonpreemptible,
    }
    options = [(one.name, json.loads(one.value)) for one in modal.options]
    return {
        "further": [*((name, value) for name, value in stated.items() if value), *options],
        "python": PYTHON,
        "library": LIBRARY,
        "xet": XET,
        "image_timeout": IMAGE_TIMEOUT,
        "compile_timeout": COMPILE_SECONDS,
        "filler": next((one.filler for one in release.warmup if one.filler), ""),
        "requests": [
            {
                "together": one.together,
                "repeat": one.repeat,
                "expect": one.expect,
                "body": json.loads(one.body),
            }
            for one in release.warmup
        ],
    }


def _of_docker(release: Release, steps: Steps, nodes: int) -> dict[str, Any]:
    del nodes
    name = f"{object_name(release.name)}:{release.digest()[:12]}"
    dockerfile = "\n".join((f"FROM {release.engine.image}", *map(_layer, steps)))
    return {
        "image": name if steps else release.engine.image,
        "dockerfile": dockerfile,
        "dockerfile_compose": dockerfile.replace("$", "$$"),
        "start_period": math.ceil(release.lifecycle.startup),
    }


def _of_kubernetes(release: Release, steps: Steps, nodes: int) -> dict[str, Any]:
    del steps, nodes
    life = release.lifecycle
    known = GPUS.get(release.hardware.gpu.removesuffix("!"))
    return {
        "label": known.name.replace(" ", "-") if known is not None else "",
        "meets_at": MEETS_AT,
        "object_name_of": object_name,
        "start_tries": max(1, math.ceil(life.startup / PROBE_EVERY)),
        "hang_tries": max(1, math.ceil(life.hang / PROBE_EVERY)),
    }


def _of_skypilot(release: Release, steps: Steps, nodes: int) -> dict[str, Any]:
    """Give the two scripts, each a text by itself."""
    key = release.listen.api_key_variable
    fetch = [f"HF_HUB_OFFLINE=0 {shlex.join(_download(one)['words'])}" for one in release.sources()]
    setup = ["set -e"]
    for step in steps:
        if step["kind"] == "env":
            setup += [f"export {shlex.quote(word)}" for word in step["words"]]
        else:
            setup += [shlex.join(words) for words in _commands(step)]
    flags = [shlex.join(each.words()) for each in _arguments(release, nodes)]
    flags.append(f"--host 0.0.0.0 --port {release.listen.port}")
    if nodes > 1:
        flags += [
            '--nnodes "$SKYPILOT_NUM_NODES" --node-rank "$SKYPILOT_NODE_RANK"',
            f'--dist-init-addr "$(echo "$SKYPILOT_NODE_IPS" | head -n 1):{MEETS_AT}"',
        ]
    if key:
        flags.append(f"--config {KEY_FILE}")
    run = [key_into_file(key)] if key else []
    run.append(" \\\n  ".join((f"exec {shlex.join(release.engine.command)}", *flags)))
    return {
        "sky_gpu": SKY_NAMES.get(release.hardware.gpu, release.hardware.gpu.removesuffix("!")),
        "setup": "\n".join((*setup, *fetch)),
        "run": "\n".join(run),
    }


_OF_FORM = {
    MODAL: _of_modal,
    DOCKER: _of_docker,
    COMPOSE: _of_docker,
    KUBERNETES: _of_kubernetes,
    SKYPILOT: _of_skypilot,
}


def _arguments(release: Release, nodes: int) -> tuple[Argument, ...]:
    """Give the engine's arguments; how several machines meet is said by the file itself."""
    if nodes == 1:
        return release.arguments
    return tuple(one for one in release.arguments if one.flag not in {NODES, RANK, ADDRESS})


def _nodes(release: Release) -> int:
    found = [one.values[0] for one in release.arguments if one.flag == NODES and one.values]
    return int(found[-1]) if found and found[-1].isdigit() else 1


def key_into_file(key: str) -> str:
    """Give what a shell does before the engine: a block of YAML takes any key."""
    return f"umask 077; printf 'api-key: |-\\n  %s\\n' \"${key}\" > {KEY_FILE}"


def _download(source: ModelSource) -> dict[str, Any]:
    revision = source.commit or source.revision
    skipped = WEIGHTS if source.source == SHELL else ()
    words = ["hf", "download", source.repo, "--revision", revision, "--local-dir", source.path]
    for pattern in skipped:
        words += ["--exclude", pattern]
    return {"source": source, "revision": revision, "skipped": list(skipped), "words": words}


def _steps(release: Release) -> Steps:
    """Give the layers that are built onto the image; a patch is a command."""
    made = []
    for step in release.engine.image_steps:
        main, *more = step.indexes or ("",)
        kind, words = step.kind, list(step.words)
        if kind == "patch":
            kind, words = "run", [patch_command(step)]
        made.append(
            {"kind": kind, "words": words, "index": main, "extra": next(iter(more), ""),
             "secrets": list(step.secrets)}
        )  # fmt: skip
    if release.modal is not None and release.modal.packages:
        words = list(release.modal.packages)
        made.append({"kind": "pip", "words": words, "index": "", "extra": "", "secrets": []})
    return made


def _layer(step: Step) -> str:
    """Give the line of a Dockerfile that makes a layer."""
    if step["kind"] != "env":
        return "\n".join(f"RUN {json.dumps(words)}" for words in _commands(step))
    return "\n".join(f"ENV {_of_dockerfile(word)}" for word in step["words"])


def _of_dockerfile(word: str) -> str:
    """Write `NAME=value` as a Dockerfile reads it (its reference, `ENV` and escaping)."""
    name, _, value = word.partition("=")
    if not value.isprintable():
        msg = f"the variable {name} of the image has a line end, which no Dockerfile can say"
        raise Failure(msg)
    escaped = re.sub(r'([$"\\])', r"\\\1", value)
    return f'{name}="{escaped}"'


def _commands(step: Step) -> list[list[str]]:
    """Give the commands that make a layer, each as words."""
    words = step["words"]
    if step["kind"] == "run":
        return [["sh", "-c", word] for word in words]
    if step["kind"] == "apt":
        return [
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", *words],
        ]
    index = ["--index-url", step["index"]] if step["index"] else []
    extra = ["--extra-index-url", step["extra"]] if step["extra"] else []
    return [["python3", "-m", "pip", "install", *index, *extra, *words]]


_NO_NAME = compile_pattern(r"[^a-z0-9-]+")


def object_name(name: str) -> str:
    """Give a name that Kubernetes takes for any object (RFC 1035: it begins with a letter)."""
    plain = _NO_NAME.sub("-", name.lower()).strip("-") or "server"
    return plain if plain[0].isalpha() else f"s-{plain}"
