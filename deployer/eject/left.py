"""What of a release a format cannot say, one sentence each: no promise is lost without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deployer.codec import encode
from deployer.plan.changes import part_words
from deployer.release import Release, unsaid

MODAL, DOCKER, COMPOSE, KUBERNETES, SKYPILOT = FORMS = (
    "modal", "docker", "compose", "kubernetes", "skypilot",
)  # fmt: skip

SAID_BY_ALL = frozenset(
    {
        "model.source", "model.repo", "model.revision", "model.path", "model.served_name",
        "model.commit", "engine.name", "engine.version", "engine.image", "engine.command",
        "hardware.gpu", "hardware.count", "listen.host", "listen.port", "listen.api_key_variable",
        "modal.weights.path", "modal.kernel_cache.path",
    }
)  # fmt: skip
"""Parts of a release that every file says; ``left`` names each other one that a file does not."""

VOLUMES = frozenset({"modal.weights.volume", "modal.kernel_cache.volume"})
"""Names that all files say but SkyPilot's, whose machine keeps what it needs on its own disk."""

OF_MODAL = frozenset(
    {
        "engine.image_steps", "engine.registry_secret", "lifecycle.startup", "lifecycle.drain",
        "lifecycle.health_interval", "lifecycle.health_timeout", "lifecycle.warmup", "warmup",
        "modal.app", "modal.hub_secret", "modal.endpoint", "modal.environment",
        "modal.api_key_secret", "modal.min_containers",
        "modal.max_containers", "modal.max_inputs", "modal.target_inputs", "modal.scaledown_window",
        "modal.timeout", "modal.startup_timeout", "modal.regions", "modal.download_cpu",
        "modal.download_memory", "modal.download_timeout", "modal.packages", "modal.auth",
        "modal.routing_region", "modal.cloud", "modal.cpu", "modal.cpu_limit", "modal.memory",
        "modal.memory_limit", "modal.ephemeral_disk", "modal.buffer_containers",
        "modal.nonpreemptible", "modal.proxy", "modal.label", "modal.custom_domains", "modal.tags",
        "modal.secrets", "modal.volumes", "modal.buckets", "modal.options",
        "modal.weights.version", "modal.kernel_cache.version",
    }
)  # fmt: skip

SAID: Mapping[str, frozenset[str]] = {
    MODAL: OF_MODAL,
    DOCKER: frozenset({"engine.image_steps", "modal.packages", "lifecycle.drain"}),
    COMPOSE: frozenset(
        {"engine.image_steps", "modal.packages", "lifecycle.drain", "lifecycle.startup",
         "lifecycle.health_timeout", "modal.cpu_limit", "modal.memory_limit"}
    ),
    KUBERNETES: frozenset(
        {"engine.registry_secret", "lifecycle.drain", "lifecycle.startup", "lifecycle.hang",
         "lifecycle.health_timeout", "modal.api_key_secret", "modal.hub_secret",
         "modal.min_containers", "modal.cpu",
         "modal.cpu_limit", "modal.memory", "modal.memory_limit", "modal.ephemeral_disk"}
    ),
    SKYPILOT: frozenset(
        {"engine.image_steps", "modal.packages", "modal.cpu", "modal.memory"}
    ),
}  # fmt: skip
"""Parts of a release that the files of one form say beside those."""

OF_NOBODY = frozenset(
    {"name", "target", "format_version", "arguments", "environment", "beside", "lifecycle.restarts",
     "lifecycle.budget", "modal.download_connections", "modal.download_client",
     "modal.download_containers"}
)  # fmt: skip
"""Parts that all files say as a whole, that are about a server on this machine (`restarts`), that
are a measure of deployer's own (`budget`), or about how its download divides its work."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a file does not say or do: in a few words, and what follows."""

    what: str
    so: str


def left(release: Release, form: str) -> tuple[Left, ...]:
    """List what deployer does or the profile says, and a file of this form does not."""
    return (*_always(release, form), *_parts(release, form))


def _always(release: Release, form: str) -> Iterator[Left]:
    modal = form == MODAL
    listen = release.listen
    routes = f" ({', '.join(listen.routes)} and what clients use)" if listen.routes else ""
    yield Left(
        "the door",
        f"the engine itself is the address: routes are not held to a list{routes}, a body may have "
        f"any size (not {listen.body_limit} MiB), and whoever is let in reaches all that SGLang "
        "serves, the cache's and the weights' administration included",
    )
    if listen.api_key_variable:
        yield Left(
            "keys", "one key for all clients: it has no name, and changing it takes a restart"
        )
    if listen.origins:
        yield Left("pages", f"SGLang lets every page ask, not only {', '.join(listen.origins)}")
    if form != KUBERNETES:
        yield Left(
            "liveness",
            f"an engine that hangs ({release.lifecycle.hang:g} s without progress) is not ended, "
            + ("only one that dies" if modal else "one that dies is started again"
               if form in {DOCKER, COMPOSE} else "and one that dies is not started again"),
        )  # fmt: skip
    if form == SKYPILOT:
        yield Left("drain", "requests in flight at an end are lost: the machine is taken away")
    else:
        yield Left("drain", "requests in flight at an end are for the engine itself to finish")
    if not modal:
        yield Left("warm-up", _warmup(release))
        yield Left("log", "the engine writes its arguments, and with them its key, into its log")
    yield Left(
        "weights",
        "they are what huggingface_hub fetched: no lock's hashes are compared, and no start proves "
        "that they are whole",
    )
    if release.modal is not None and release.modal.kernel_cache is not None:
        yield Left(
            "kernel cache",
            "what the engine compiles beside DeepGEMM's kernels is compiled at each start, and "
            "which release they are of is not written down: after a change of engine or model, "
            + ("run `compile_deepgemm` again" if modal
               else "empty it; a first start compiles them, which takes its time"),
        )  # fmt: skip
    if release.shapes:
        others = " and ".join(str(each.hardware) for each in release.shapes)
        yield Left(
            "other shapes",
            f"it is for {release.hardware} alone: where there are none, it does not fall back to "
            f"{others}, whose flags are others; each of those profiles has a file of its own",
        )
    yield Left("proof", "nothing verifies the server: `deployer verify --url ADDRESS` does")


def _warmup(release: Release) -> str:
    kinds = ", ".join(each.kind for each in release.warmup)
    if not kinds:
        return "none was asked for; SGLang sends one request of its own"
    return (
        f"SGLang sends one request of its own; {kinds} are first sent by clients, who wait for it"
    )


def _parts(release: Release, form: str) -> Iterator[Left]:
    """Name the parts of a release that a form has no words for, each with its value."""
    said = SAID_BY_ALL | SAID[form] | OF_NOBODY | _TOLD
    said |= VOLUMES if form != SKYPILOT else frozenset()
    plain = {*unsaid(release)}
    lost: dict[str, list[str]] = {}
    for path, value in leaves(encode(release)):
        section, _, key = path.partition(".")
        covered = {path, section} & said or path in plain
        if not covered and value not in (None, "") and value != []:
            lost.setdefault(section, []).append(f"{key} {_shown(value)}")
    for section, parts in lost.items():
        yield Left(f"`{section}`", f"this form has no word for {', '.join(parts)}")
    hidden = [name for step in release.engine.image_steps for name in step.secrets]
    if hidden and form != MODAL and "engine.image_steps" in SAID[form]:
        yield Left(
            "secrets of the image's build",
            f"what is built with {', '.join(hidden)} on Modal is built without here",
        )


_TOLD = frozenset({"listen.routes", "listen.origins", "listen.body_limit", "lifecycle.hang",
                   "warmup", "lifecycle.warmup", "shapes"})  # fmt: skip
"""Parts that :func:`_always` tells."""


def leaves(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Give the parts of an encoded release by their paths; a list is one part."""
    for name, one in value.items():
        path = f"{above}{name}"
        if isinstance(one, dict) and path != "warmup":
            yield from leaves(one, f"{path}.")
        else:
            yield path, one


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(part_words(one) if isinstance(one, dict) else str(one) for one in value)
    return str(value)
