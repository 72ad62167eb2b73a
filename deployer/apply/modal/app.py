"""The Modal app of a release: its functions, its server, their images, volumes and secrets."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import modal

from deployer.apply.modal import remote
from deployer.apply.modal.parts_of_image import engine_image
from deployer.apply.modal.surroundings import further_mounts, further_secrets, volume_of
from deployer.apply.modal.tags import app_tags
from deployer.behaviour.windows import minutes_of_the_hour
from deployer.credentials import HUB_TOKEN
from deployer.errors import UsageError
from deployer.facts.modal.images import IMAGE_TIMEOUT, LIBRARY, PYTHON, XET
from deployer.facts.modal.keywords import HOME
from deployer.plan.candidate import beside
from deployer.plan.cost import COMPILE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.release import ModalParameters, Mount, Release

SCHEDULE = "keep_schedule"
"""The part that runs by the clock, and is deployed where the release has windows."""

TIMEZONES = ("tzdata>=2024.1",)
"""What it needs beside Python: the rules of timezones, which a small image may lack."""

PARTS = ("download_model", "compile_deepgemm", "verify_setup", remote.SERVER)
"""Everything that an app is made of; only the last one is deployed to serve."""

COMPARES = "compare_key"
"""What an app of its own is run for, and none is deployed with: it takes a question."""

SHARE = "download_share"
"""The part that several containers run, each with shares of its own."""

REQUESTS = ("requests>=2.32,<3", "urllib3>=2.2,<3")
"""What the small image holds beside Python: the download speaks to the hub by itself
(``docs/decisions/0006-download-by-ranges.md``)."""

IDLE = 5
"""Seconds that a container of a download stays once nobody calls it."""

SMALL_TIMEOUT = 300
"""Seconds for a container of the small image to start."""

COMPILE_TIMEOUT = COMPILE_SECONDS
"""Seconds for the kernels: upstream's own bound is an hour, and the weights are loaded first."""

VERIFY_TIMEOUT = 900
"""Seconds for the cheap proof; it reads the headers of some hundred files."""

CONTAINER_CODE = (
    "__init__.py", "codec.py", "credentials.py", "errors.py", "event.py", "files.py", "late.py",
    "headers.py", "metrics.py", "release.py", "secret.py",
    "apply/__init__.py", "apply/modal/__init__.py", "apply/modal/remote.py",
    "apply/modal/shelf.py",
    "behaviour/__init__.py", "behaviour/kernel_key.py", "behaviour/kernel_need.py",
    "behaviour/room.py", "behaviour/windows.py",
    "facts/__init__.py", "facts/gpus.py", "facts/sglang/__init__.py", "facts/sglang/caches.py",
    "facts/sglang/formats.py", "facts/sglang/routes.py", "facts/sglang/versions.py",
    "facts/models/__init__.py", "facts/models/nested.py",
    "diagnose/", "serve/",
)  # fmt: skip
"""What of this package goes into a container: nothing that a change of a check or of a report
would change, so that such a change is no new deployment."""

PACKAGE = Path(__file__).resolve().parents[2]
"""This package."""


Mounts = dict[str | PurePosixPath, modal.Volume | modal.CloudBucketMount]
"""What Modal takes for ``volumes``."""


@dataclass(frozen=True, slots=True)
class Built:
    """An app, and its functions by name, for calling them."""

    app: modal.App
    functions: Mapping[str, Any]


def build_app(  # noqa: PLR0913 - what an app says of itself
    release: Release,
    release_file: Path,
    parts: tuple[str, ...] = PARTS,
    profile: str = "",
    *,
    manifests: Path | None = None,
    phase: str = "",
    owed: bool = False,
    number: int = 0,
    writers: int = 1,
    candidate: int = 0,
) -> Built:
    """Make the app of a release, or only some parts of it.

    ``release_file`` holds the release as JSON; it is put into every container, and ``manifests``,
    what the profile's lock lists, into the one that downloads. ``profile`` is the mark of the
    profile's file (:mod:`deployer.plan.file`), ``phase`` what an app that only prepares is for, and
    ``owed`` that its server is to be verified still. ``number`` is the version that it will be.
    ``writers`` containers at most download shares at a time. With ``candidate`` it is the app of
    a candidate beside the live one, which may take so many minutes.
    Raises UsageError for a release that is not for Modal.
    """
    parameters = release.modal
    if parameters is None:
        message = f"`{release.name}` is for `target: {release.target}`, not for Modal"
        raise UsageError(message)
    live = parameters.app if candidate else ""
    tags = app_tags(release, profile, phase=phase, owed=owed, number=number, candidate=live)
    parameters = beside(parameters, candidate) if candidate else parameters
    further = {one.name: one.value for one in parameters.tags}
    app = modal.App(parameters.app, tags={**further, **tags}, include_source=False)
    makers: dict[str, Callable[..., Any]] = {
        "download_model": partial(
            _download, remote.download_model, manifests=manifests, containers=1
        ),
        SHARE: partial(_download, remote.download_share, manifests=manifests, containers=writers),
        "compile_deepgemm": _compile_deepgemm,
        "verify_setup": _verify_setup,
        COMPARES: _compare_key,
        SCHEDULE: _keep_schedule,
        remote.SERVER: _server,
    }
    if parameters.schedule and remote.SERVER in parts:
        parts = (*parts, SCHEDULE)
    functions = {part: makers[part](app, release, parameters, release_file) for part in parts}
    return Built(app, functions)


def _download(  # noqa: PLR0913 - what an app's function consists of
    function: Callable[..., Any],
    app: modal.App,
    release: Release,
    parameters: ModalParameters,
    release_file: Path,
    *,
    manifests: Path | None,
    containers: int,
) -> Any:  # noqa: ANN401 - Modal's Function is generic over what it wraps
    del release
    image = _with_code(_small_image().uv_pip_install(*LIBRARY).env(XET), release_file)
    if manifests is not None:
        image = image.add_local_file(manifests, f"{HOME}/{remote.MANIFESTS_FILE}")
    return app.function(
        image=image,
        cpu=parameters.download_cpu,
        memory=parameters.download_memory,
        volumes=_mounts(parameters.weights, read_only=parameters.borrows),
        secrets=_secrets((parameters.hub_secret, HUB_TOKEN)),
        timeout=parameters.download_timeout,
        startup_timeout=SMALL_TIMEOUT,
        max_containers=containers,
        scaledown_window=IDLE,
    )(function)


def _compile_deepgemm(
    app: modal.App, release: Release, parameters: ModalParameters, release_file: Path
) -> Any:  # noqa: ANN401 - as above
    return app.function(
        image=_with_code(engine_image(release), release_file),
        gpu=release.shape,
        region=_regions(parameters),
        **_resources(parameters),
        volumes={
            **_mounts(parameters.weights, read_only=True),
            **(_mounts(parameters.kernel_cache) if parameters.kernel_cache else {}),
        },
        timeout=COMPILE_TIMEOUT,
        startup_timeout=IMAGE_TIMEOUT,
        max_containers=1,
    )(remote.compile_deepgemm)


def _verify_setup(
    app: modal.App, release: Release, parameters: ModalParameters, release_file: Path
) -> Any:  # noqa: ANN401 - as above
    del release
    return app.function(
        image=_with_code(_small_image(), release_file),
        volumes=_read_only(parameters),
        timeout=VERIFY_TIMEOUT,
        startup_timeout=SMALL_TIMEOUT,
        max_containers=1,
    )(remote.verify_setup)


def _keep_schedule(
    app: modal.App, release: Release, parameters: ModalParameters, release_file: Path
) -> Any:  # noqa: ANN401 - as above
    """Make what runs every hour, and at each minute at which a window begins or ends."""
    del release
    minutes = ",".join(map(str, minutes_of_the_hour(parameters.schedule)))
    return app.function(
        image=_with_code(_small_image().uv_pip_install(*TIMEZONES), release_file),
        schedule=modal.Cron(f"{minutes} * * * *", timezone=parameters.schedule[0].timezone),
        timeout=SMALL_TIMEOUT,
        startup_timeout=SMALL_TIMEOUT,
        max_containers=1,
    )(remote.keep_schedule)


def _compare_key(
    app: modal.App, release: Release, parameters: ModalParameters, release_file: Path
) -> Any:  # noqa: ANN401 - as above
    return app.function(
        image=_with_code(_small_image(), release_file),
        secrets=_secrets((parameters.api_key_secret, release.listen.api_key_variable)),
        timeout=SMALL_TIMEOUT,
        startup_timeout=SMALL_TIMEOUT,
        max_containers=1,
    )(remote.compare_key)


def _server(
    app: modal.App, release: Release, parameters: ModalParameters, release_file: Path
) -> Any:  # noqa: ANN401 - as above
    common: dict[str, Any] = {
        **{one.name: json.loads(one.value) for one in parameters.options},
        **_resources(parameters),
        **_given(
            routing_region=parameters.routing_region,
            buffer_containers=parameters.buffer_containers,
            nonpreemptible=parameters.nonpreemptible,
            proxy=parameters.proxy and modal.Proxy.from_name(parameters.proxy),
        ),
        "image": _with_code(engine_image(release), release_file),
        "gpu": _gpus(release),
        "volumes": {**_read_only(parameters), **further_mounts(parameters)},
        "secrets": [
            *_secrets((parameters.api_key_secret, release.listen.api_key_variable)),
            *further_secrets(parameters),
        ],
        "min_containers": parameters.min_containers,
        "max_containers": parameters.max_containers,
        "scaledown_window": parameters.scaledown_window,
        "startup_timeout": parameters.startup_timeout,
    }
    user_class = remote.server_class(replace(release, modal=parameters))
    if parameters.endpoint == "server":
        return app.server(
            **common,
            compute_region=_regions(parameters),
            port=release.listen.port,
            unauthenticated=not parameters.proxied,
            exit_grace_period=grace(release),
            target_concurrency=parameters.target_inputs,
            max_concurrency=parameters.max_inputs,
        )(user_class)
    concurrent = modal.concurrent(
        max_inputs=parameters.max_inputs, target_inputs=parameters.target_inputs
    )
    return app.cls(**common, region=_regions(parameters), timeout=parameters.timeout)(
        concurrent(user_class)
    )


def _gpus(release: Release) -> str | list[str]:
    """Give the GPUs that Modal looks for; a list is the order in which it does."""
    asked = [shape.shape for shape in release.each_shape()]
    return asked if release.shapes else asked[0]


def grace(release: Release) -> int:
    """Give the seconds that a container gets to end: those of the shape that needs most."""
    return math.ceil(max(shape.lifecycle.drain for shape in release.each_shape()))


def _resources(parameters: ModalParameters) -> dict[str, Any]:
    """Give what containers with GPUs have for sure, and where they may run."""
    cpu, memory = parameters.cpu, parameters.memory
    return _given(
        cpu=(cpu, parameters.cpu_limit) if parameters.cpu_limit else cpu,
        memory=(memory, parameters.memory_limit) if parameters.memory_limit else memory,
        ephemeral_disk=parameters.ephemeral_disk,
        cloud=parameters.cloud,
    )


def _given(**stated: Any) -> dict[str, Any]:  # noqa: ANN401 - keywords of Modal's
    """Leave out what nobody stated: Modal's own default is its business."""
    return {name: value for name, value in stated.items() if value}


def _regions(parameters: ModalParameters) -> list[str] | None:
    return list(parameters.regions) or None


def _read_only(parameters: ModalParameters) -> Mounts:
    """Mount every volume for who only reads."""
    return {at: v for one in parameters.mounts for at, v in _mounts(one, read_only=True).items()}


def _mounts(mount: Mount, *, read_only: bool = False) -> Mounts:
    volume = volume_of(mount)
    return {mount.path: volume.with_mount_options(read_only=True) if read_only else volume}


def _secrets(*named: tuple[str, str]) -> list[modal.Secret]:
    """Name the secrets; a deployment fails where one, or the variable in it, is missing."""
    return [
        modal.Secret.from_name(name, required_keys=[variable] if variable else [])
        for name, variable in named
        if name
    ]


def _small_image() -> modal.Image:
    return modal.Image.debian_slim(python_version=PYTHON).uv_pip_install(*REQUESTS)


def _with_code(image: modal.Image, release_file: Path) -> modal.Image:
    return image.add_local_dir(
        PACKAGE, f"{HOME}/deployer", ignore=_NotForContainers()
    ).add_local_file(release_file, f"{HOME}/{remote.RELEASE_FILE}")


def container_files() -> tuple[Path, ...]:
    """Give the files of this package that go into a container."""
    return tuple(
        path for path in sorted(PACKAGE.rglob("*.py")) if not _ignored(path.relative_to(PACKAGE))
    )


class _NotForContainers(modal.FilePatternMatcher):
    """Tells Modal's client which of this package's files to leave out, and which folders.

    A folder that is left out holds nothing that is not, so the client need not look into it. A
    plain function may not say so: the client goes through the whole package for every function of
    an app, several times.
    """

    def can_prune_directories(self) -> bool:
        return True

    def __call__(self, file_path: Path) -> bool:
        return _ignored(file_path)


@cache
def _ignored(path: Path) -> bool:
    """Tell of a path inside this package whether a container does without it."""
    name = path.as_posix()
    wanted = any(
        name == one or (one.endswith("/") and f"{name}/".startswith(one)) for one in CONTAINER_CODE
    )
    parent = any(one.startswith(f"{name}/") for one in CONTAINER_CODE)
    if path.suffix:
        return not wanted or path.suffix != ".py"
    return path.name == "__pycache__" or not (wanted or parent)
