"""A release: what a profile compiles to, as one frozen value that travels as JSON.

Standard library only: the container on Modal and the local supervisor read a release with
nothing else installed. A release names secrets and never holds one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from typing import Any

from deployer.codec import decode_json, encode, written
from deployer.late import compile_pattern

COMMIT = compile_pattern(r"[0-9a-f]{40}")
"""A commit of a Hugging Face repository: the SHA-1 of git, in full."""

FORMAT_VERSION = 1
"""The version of the JSON form; raised whenever an older reader would misread it."""

NEGATIVE = compile_pattern(r"-\d+|-\d*\.\d+")
"""What argparse takes for a negative number, and so for a value (Python 3.11 to 3.14)."""


def _like_a_flag(word: str) -> bool:
    return word.startswith("-") and word != "-" and NEGATIVE.fullmatch(word) is None


@dataclass(frozen=True, slots=True)
class Argument:
    """One engine argument: its flag, its values (none for a switch), and the YAML key behind it."""

    flag: str
    values: tuple[str, ...]
    source: str

    def words(self) -> tuple[str, ...]:
        """Give the words of the command line.

        A value that looks like a flag is joined to its own, or argparse would take it for one.
        """
        if len(self.values) == 1 and _like_a_flag(self.values[0]):
            return (f"{self.flag}={self.values[0]}",)
        return (self.flag, *self.values)


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable of the engine, and the YAML key behind it."""

    name: str
    value: str
    source: str


HUB = "huggingface"
SHELL = "shell"
"""The source of what is taken from a hub without its weights: the engine fills it with noise."""

FROM_HUB = frozenset({HUB, SHELL})


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where the weights come from and where the engine finds them.

    ``repo`` is a Hugging Face repository, or the name of a model that comes with deployer
    (``source`` is then ``builtin``). With the source :data:`SHELL` the repository is downloaded
    without its weights. ``commit`` is what ``revision`` was found to mean, 40
    hexadecimal digits, and empty until somebody has looked. ``path`` is the folder that the engine
    loads; for a builtin model it is empty until the local target fills it in.
    """

    source: str
    repo: str
    revision: str
    path: str
    served_name: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Beside(ModelSource):
    """Weights that are loaded beside the model: ``role`` is ``draft`` or ``adapter``.

    ``served_name`` is what clients ask for an adapter by, and empty for a draft. Only what is
    downloaded is here: a folder that the author fills is a value of an argument like others.
    """

    role: str = "draft"


@dataclass(frozen=True, slots=True)
class ImageStep:
    """One layer that is built onto the engine's image.

    ``kind`` is ``apt`` or ``pip`` (``words`` are packages), ``env`` (``NAME=VALUE``), ``run``
    (commands) or ``patch`` (folder, folders to strip, address or ''; ``sha256`` is that of the
    patch, ``text`` the patch itself where it has no address). ``indexes`` are pip's, the main one
    first ('' for its own), ``secrets`` Modal secrets that are seen while it is built.
    """

    kind: str
    words: tuple[str, ...]
    indexes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    sha256: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """The inference engine: its release, its container image, and the command that starts it.

    ``image_steps`` are built onto the image, ``registry_secret`` opens its registry ('' for one
    that is open).
    """

    name: str
    version: str
    image: str
    command: tuple[str, ...]
    image_steps: tuple[ImageStep, ...] = ()
    registry_secret: str = ""


@dataclass(frozen=True, slots=True)
class Hardware:
    """The accelerators of one replica: ``gpu`` is Modal's name for the type, or ``cpu``."""

    gpu: str
    count: int

    def __str__(self) -> str:
        """Say it in words: ``8 x H200``."""
        return f"{self.count} x {self.gpu}"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the door listens, and whom it lets in to what.

    ``api_key_variable`` names the variable that holds the API key ('' is no key). ``routes`` are
    let through beside those that clients of the release use. ``origins`` are pages whose scripts
    may ask. ``body_limit`` bounds a request's body, in MiB.
    """

    host: str
    port: int
    api_key_variable: str
    routes: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    body_limit: int = 64


@dataclass(frozen=True, slots=True)
class Mount:
    """A Modal volume and the path at which containers see it; ``version`` 0 leaves it to Modal."""

    volume: str
    path: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class WeightsMount(Mount):
    """The volume that holds the weights: that of another Modal environment, '' for the app's."""

    environment: str = ""


@dataclass(frozen=True, slots=True)
class FurtherMount(Mount):
    """One more volume that the server sees, or the folder ``sub_path`` of it."""

    read_only: bool = True
    sub_path: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that the server sees as a folder."""

    bucket: str
    path: str
    endpoint_url: str = ""
    key_prefix: str = ""
    secret: str = ""
    role: str = ""
    read_only: bool = True
    requester_pays: bool = False
    force_path_style: bool = False


@dataclass(frozen=True, slots=True)
class FurtherSecret:
    """One more secret of the server's container, and the variables that it must hold."""

    secret: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A tag of the app, or one more keyword for Modal's client with its value as JSON."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Window:
    """Hours in which containers stay up: ``mon-fri``, ``08:00-18:00``, a timezone's name, how many.

    :mod:`deployer.behaviour.windows` reads them.
    """

    days: str
    hours: str
    timezone: str
    min_containers: int


@dataclass(frozen=True, slots=True)
class ModalParameters:
    """The parameters of the Modal app. Times are in seconds, memory in MiB.

    ``download_containers`` is None where their number follows from the size.
    """

    app: str
    environment: str
    endpoint: str
    weights: WeightsMount
    kernel_cache: Mount | None
    api_key_secret: str
    hub_secret: str
    min_containers: int
    max_containers: int
    max_inputs: int
    target_inputs: int
    scaledown_window: int
    timeout: int
    startup_timeout: int
    regions: tuple[str, ...]
    download_cpu: float
    download_memory: int
    download_timeout: int
    packages: tuple[str, ...] = ()
    download_connections: int = 8
    download_containers: int | None = None
    download_client: str = "hub"
    auth: str = "key"
    routing_region: str = ""
    cloud: str = ""
    cpu: float = 0.0
    cpu_limit: float = 0.0
    memory: int = 0
    memory_limit: int = 0
    ephemeral_disk: int = 0
    buffer_containers: int = 0
    nonpreemptible: bool = False
    proxy: str = ""
    label: str = ""
    custom_domains: tuple[str, ...] = ()
    tags: tuple[Named, ...] = ()
    secrets: tuple[FurtherSecret, ...] = ()
    volumes: tuple[FurtherMount, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    options: tuple[Named, ...] = ()
    jit_caches: bool = True
    kernel_weights: str = "real"
    kernel_walk: bool = True
    schedule: tuple[Window, ...] = ()

    @property
    def proxied(self) -> bool:
        """Whether Modal lets nobody through without a proxy token."""
        return self.auth != "key"

    @property
    def borrows(self) -> bool:
        """Whether its weights lie in another environment, from where they are only read."""
        return self.weights.environment not in {"", self.environment}

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """The volumes that the server sees: weights, and kernels where it has a cache of them."""
        return (self.weights,) if self.kernel_cache is None else (self.weights, self.kernel_cache)


EARLY = frozenset({"packages", "download_connections", "hang", "restarts", "budget"})
"""Parameters that releases say even where nothing is stated."""


@dataclass(frozen=True, slots=True)
class WarmupRequest:
    """One request that is sent before a server is called ready, and what its answer must hold.

    ``kind`` is one of ``chat``, ``no_thinking``, ``long_context``, ``tools``, ``batch``. ``body``
    is the JSON text of a ``/v1/chat/completions`` request. ``expect`` lists the fields of the
    answer's message of which at least one must be non-empty (``content``, ``reasoning_content``,
    ``tool_calls``). A long prompt is kept short here: :meth:`payload` puts ``repeat`` times
    ``filler`` where the body says ``{filler}``. Without a filler, so many of it are sent at once.
    """

    kind: str
    body: str
    expect: tuple[str, ...]
    filler: str = ""
    repeat: int = 0

    @property
    def together(self) -> int:
        """How many of it are sent at once."""
        return 1 if self.filler else max(1, self.repeat)

    def payload(self) -> str:
        """Give the JSON text to send."""
        return self.body.replace("{filler}", json.dumps(self.filler * self.repeat)[1:-1])


@dataclass(frozen=True, slots=True)
class StageBudget:
    """How long one stage of a start should take, in seconds."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The budgets of a container's life, in seconds.

    ``startup`` bounds launch to the first healthy answer, ``health_interval`` is the pause
    between two health calls, ``health_timeout`` bounds one of them (the engine's handler
    generates a token and takes at least 1 s), ``warmup`` bounds each warm-up request, ``drain``
    the time that requests in flight get after SIGTERM, ``hang`` the time without any progress.
    ``restarts`` counts how often in a row a local engine is started again. ``budget`` is how long
    a start should take, None where nobody says; one that takes longer is called out, and so is a
    stage of ``stage_budgets``.
    """

    startup: float
    health_interval: float
    health_timeout: float
    warmup: float
    drain: float
    hang: float = 60.0
    restarts: int = 3
    budget: float | None = None
    stage_budgets: tuple[StageBudget, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that one deployment is made of, compiled from one profile.

    ``shapes`` are what else its containers may be, in the order in which GPUs are asked for: each
    is a release of its own, for other GPUs, compiled from its own profile.
    """

    name: str
    target: str
    model: ModelSource
    engine: Engine
    hardware: Hardware
    listen: Listen
    arguments: tuple[Argument, ...]
    environment: tuple[Variable, ...]
    lifecycle: Lifecycle
    warmup: tuple[WarmupRequest, ...]
    modal: ModalParameters | None = None
    beside: tuple[Beside, ...] = ()
    shapes: tuple[Release, ...] = ()
    format_version: int = FORMAT_VERSION

    @property
    def shape(self) -> str:
        """What tells it from the other shapes of its deployment: Modal's word for its GPUs."""
        return f"{self.hardware.gpu}:{self.hardware.count}"

    def each_shape(self) -> tuple[Release, ...]:
        """Give every shape of the deployment by itself, the one that is asked for first first."""
        return (replace(self, shapes=()), *self.shapes) if self.shapes else (self,)

    @property
    def gpus(self) -> str:
        """What its containers may have, in words, in the order in which it is asked for."""
        return ", else ".join(str(each.hardware) for each in self.each_shape())

    def among(self, deployed: Release) -> Release | None:
        """Give the shape of a deployment that is for the same GPUs; None where there is none."""
        return next((each for each in deployed.each_shape() if each.shape == self.shape), None)

    def sources(self) -> tuple[ModelSource, ...]:
        """Give all weights that are downloaded: the model's first."""
        model = (self.model,) if self.model.source in FROM_HUB else ()
        return (*model, *self.beside)

    def argv(self) -> tuple[str, ...]:
        """Give the engine's whole command line. It never holds the API key."""
        words = [word for argument in self.arguments for word in argument.words()]
        return (*self.engine.command, *words)

    def digest(self) -> str:
        """Give the SHA-256, in hexadecimal, of all that a release does.

        Which YAML key is behind an argument, and the order of different flags, decide nothing.
        """
        import hashlib  # noqa: PLC0415 - slow to import, and seldom needed

        return hashlib.sha256(_done(self).to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Write the release as JSON, the same bytes for the same release."""
        return written(_value(self)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Release:
        """Read a release; raises :class:`~deployer.codec.DecodeError` for anything else."""
        return decode_json(cls, text, FORMAT_VERSION)


def _done(release: Release) -> Release:
    """Give what a release does, whichever keys are behind it and in whatever order."""
    flags = sorted(release.arguments, key=lambda argument: argument.flag)
    variables = sorted(release.environment, key=lambda variable: variable.name)
    return replace(
        release,
        arguments=tuple(replace(each, source="") for each in flags),
        environment=tuple(replace(each, source="") for each in variables),
        shapes=tuple(map(_done, release.shapes)),
    )


def _value(release: Release) -> dict[str, Any]:
    value: dict[str, Any] = encode(replace(release, shapes=()))
    for name in ("beside", "shapes"):  # as releases were written before there were any
        if not value[name]:
            del value[name]
    if release.shapes:
        value["shapes"] = [_value(each) for each in release.shapes]
    for path in unsaid(release):
        *parents, name = path.split(".")
        part = value
        for parent in parents:
            part = part[parent]
        del part[name]
    return value


def unsaid(release: Release) -> Iterator[str]:
    """Name the parts that are as they were before there was a word for them, by their paths.

    They are left out: a release that says nothing of them is written, and has the digest, as ever.
    """
    modal = release.modal
    parts: dict[str, Engine | Lifecycle | Mount | ModalParameters] = {
        "engine": release.engine,
        "lifecycle": release.lifecycle,
    }
    if modal is not None:
        parts |= {"modal": modal, "modal.weights": modal.weights}
        parts |= {} if modal.kernel_cache is None else {"modal.kernel_cache": modal.kernel_cache}
    for path, part in parts.items():
        kind: Any = type(part)
        for name, default in _later(kind):
            if getattr(part, name) == default:
                yield f"{path}.{name}"


@cache
def _later(part: Any) -> tuple[tuple[str, object], ...]:  # noqa: ANN401 - a class
    """Give the parameters that came later, each with what it is where nothing is stated."""
    return tuple(
        (each.name, each.default)
        for each in fields(part)
        if each.default is not MISSING and each.name not in EARLY
    )
