"""The Modal app."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from deployer.facts.sizes import WRITERS
from deployer.profile.names import (
    BaseFile,
    Days,
    Domain,
    EnvironmentName,
    Hours,
    Label,
    PackagePin,
    TagName,
    TagValue,
    Timezone,
)
from deployer.profile.names import ModalName as Name
from deployer.profile.section import Section
from deployer.profile.sections.mounts import Bucket, FurtherSecret, FurtherVolume, Volume, Weights

OptionName = Annotated[str, Field(pattern=r"^_?[a-z][a-z0-9_]*$")]
OptionScalar = str | int | float | bool | None
OptionValue = OptionScalar | list[OptionScalar] | dict[str, OptionScalar]

LONGEST_WINDOW = 3600
"""Seconds. Source: Modal client 1.6.4, ``_functions.py``: `scaledown_window` is 2 to 3600."""


class Download(Section):
    """The CPU containers that download the weights."""

    cpu: Annotated[float, Field(gt=0, le=64)] = 4.0
    """CPU cores."""

    memory: Annotated[int, Field(ge=128)] = 32768
    """Memory in MiB."""

    containers: Annotated[int | None, Field(ge=1, le=WRITERS[2])] = None
    """Containers that share the download, one shard each at a time; by default one for 25 GB, at
    most 4 on a volume of version 1, which bears 5 writers, and 32 on one of version 2."""

    connections: Annotated[int, Field(ge=1, le=128)] = 32
    """Connections that each container fetches over at the same time: what bounds a connection
    bounds the download less. A single container fetches so many files at a time instead."""

    client: Literal["hub", "xet", "ranges"] = "hub"
    """What fetches shards that containers share: `hub` is huggingface_hub over HTTP, with
    deployer's own `ranges` where it stalls; `xet` is hf_xet in high-performance mode, a shard at a
    time, with `hub` behind it, also where one container fetches all. Shards over 50 GB, which the
    hub sends in no single answer, come by hf_xet with both."""

    timeout: Annotated[int, Field(ge=1, le=86400)] = 7200
    """Seconds after which a container ends what it fetches; the next try resumes where it was."""


class ModalKernels(Section):
    """How DeepGEMM's kernels are compiled, and what a start does with them."""

    weights: Literal["real", "dummy"] = "real"
    """With what weights the engine compiles them: `real` reads the checkpoint first, `dummy` fills
    its shapes with noise and reads none. On one H200 the kernels of Qwen3's experts in FP8 had the
    same names and sources with both, 26 of 26; no other model was compared."""

    walk: bool = True
    """Whether a start walks over all sizes of every kernel, as SGLang does by itself: 27 s for two
    products on one H200 with a complete cache. Without it a kernel is loaded when it is first used.
    It is left out only where the cache on the volume is proven complete."""


class Window(Section):
    """Hours in which containers stay up without traffic."""

    days: Days = "mon-sun"
    """Days of the week on which it begins: `mon-fri`, `sat,sun`."""

    hours: Hours
    """When it begins and ends, `08:00-18:00`, by the wall clock; `22:00-06:00` ends a day
    later."""

    timezone: Timezone
    """The timezone of that clock, such as `Europe/Berlin`; daylight saving is that of the place."""

    min_containers: Annotated[int, Field(ge=1)]
    """Containers that stay up then, in place of `modal.min_containers`."""


class Modal(Section):
    """The Modal app: scaling, volumes, secrets and time limits."""

    app: Name
    """The app's name, unique in its environment."""

    environment: EnvironmentName | None = None
    """The Modal environment; by default the one that your Modal configuration names."""

    endpoint: Literal["web_server", "server"] = "web_server"
    """`web_server` queues requests while it scales from zero; `server` routes directly, answers
    503 until ready, and drains longer: for containers that stay warm."""

    auth: Literal["key", "proxy", "both"] = "key"
    """Who is let in: `key` is asked for by the server, in its container, so anybody's request
    starts one. `proxy` is Modal's proxy token, asked for before a container starts; clients send
    it as `Modal-Key` and `Modal-Secret`. `both` asks for either in its place."""

    weights: Weights
    """The volume that holds the weights."""

    kernel_cache: Volume | None = None
    """The volume that holds compiled code: DeepGEMM's kernels, for which `SGLANG_DG_CACHE_DIR`
    follows from it, and with `jit_caches` whatever else an engine compiles."""

    jit_caches: bool = True
    """Whether what Triton, Inductor, FlashInfer, TileLang, tvm-ffi and SGLang compile at a start is
    kept on the volume of `kernel_cache`, and read from there at the next one."""

    api_key_secret: Name | None = None
    """The Modal secret that holds the API key, in the variable that `serving.api_key_env` names."""

    hub_secret: Name | None = None
    """The Modal secret with the Hugging Face token (`HF_TOKEN`), for the download."""

    min_containers: Annotated[int, Field(ge=0)] = 0
    """Containers that stay up without traffic. Each costs its GPUs around the clock."""

    schedule: Annotated[tuple[Window, ...], Strict(strict=False)] = ()
    """Hours in which more containers stay up than `min_containers`, such as business hours. A small
    function of the app, which runs every hour, tells Modal's autoscaler."""

    max_containers: Annotated[int, Field(ge=1)] = 1
    """The most containers at a time."""

    max_inputs: Annotated[int | None, Field(ge=1)] = None
    """Requests that one container takes at a time; by default `schedule.max_running_requests`. A
    `server` answers 429 to what exceeds it, and has no limit by default."""

    target_inputs: Annotated[int | None, Field(ge=1)] = None
    """Requests in a container from which Modal starts another; by default `max_inputs`."""

    scaledown_window: Annotated[int, Field(ge=2, le=LONGEST_WINDOW)] = 900
    """Seconds that an idle container stays up. Modal's client takes 2 to 3600."""

    timeout: Annotated[int, Field(ge=1, le=86400)] = 86400
    """Seconds that one request, and by default a container's start, may take; 24 h at most."""

    startup_timeout: Annotated[int | None, Field(ge=1, le=86400)] = None
    """Seconds from a container's start to its first request; by default the budgets of
    `lifecycle` and a margin. Without it Modal would wait as long as `timeout`."""

    packages: Annotated[tuple[PackagePin, ...], Strict(strict=False)] = ()
    """Python packages that are put into the engine's image, each with its version
    (`fastsafetensors==0.3.3`): what a loader imports and the image does not hold."""

    regions: Annotated[tuple[Name, ...], Strict(strict=False)] = ()
    """Regions to run in. Choosing costs more than letting Modal choose."""

    routing_region: Name | None = None
    """The part of the world through which Modal routes requests; Modal's own is `us-east` for a
    `server`. It holds from an app's first deployment on."""

    cloud: Name | None = None
    """The cloud to run in, as Modal calls it (`aws`, `gcp`, `oci`); by default any."""

    cpu: Annotated[float, Field(ge=0.125, le=256)] | None = None
    """CPU cores that the server's container has for sure; by default one for each GPU's process and
    three for the others. More are used where they are free, up to `cpu_limit`."""

    cpu_limit: Annotated[float, Field(ge=0.125, le=256)] | None = None
    """CPU cores beyond which the container is slowed down; by default 16 more than `cpu`."""

    memory: Annotated[int, Field(ge=128)] | None = None
    """Memory in MiB that the container has for sure; by default what the processes and the files
    that they read at a time take."""

    memory_limit: Annotated[int, Field(ge=128)] | None = None
    """Memory in MiB beyond which the container is ended; by default there is no limit."""

    ephemeral_disk: Annotated[int, Field(ge=1, le=3145728)] | None = None
    """Disk in MiB that the container has for itself. A twentieth of it is billed as memory."""

    buffer_containers: Annotated[int, Field(ge=1)] | None = None
    """Further containers that stand by while there is traffic. Each costs its GPUs."""

    nonpreemptible: bool = False
    """Ask for a container that Modal does not take away. Not for one with GPUs."""

    proxy: Name | None = None
    """The Modal proxy through which the container reaches others, from an address that stays."""

    label: Label | None = None
    """The first part of the address of a `web_server`, instead of one made of names."""

    custom_domains: Annotated[tuple[Domain, ...], Strict(strict=False)] = ()
    """Domains of your own at which a `web_server` answers, too."""

    tags: dict[TagName, TagValue] = Field(default_factory=dict)
    """Tags of the app, by which Modal's bills can be told apart."""

    secrets: Annotated[tuple[FurtherSecret, ...], Strict(strict=False)] = ()
    """Further secrets whose variables the server's container has."""

    volumes: Annotated[tuple[FurtherVolume, ...], Strict(strict=False)] = ()
    """Further volumes that the server sees."""

    buckets: Annotated[tuple[Bucket, ...], Strict(strict=False)] = ()
    """Buckets of S3 that the server sees."""

    fallback: Annotated[tuple[BaseFile, ...], Strict(strict=False)] = ()
    """Profiles for other GPUs, by their paths from this file, in order: where Modal has none of
    this one's, it takes theirs, in the same app. Each container serves the profile of the GPUs that
    it got, with that one's own flags."""

    options: dict[OptionName, OptionValue] = Field(default_factory=dict)
    """Whatever else Modal's client takes for the server, by its own name, such as
    `i6pn: true`. What has a key of its own is not taken here."""

    kernels: ModalKernels = ModalKernels()
    """How DeepGEMM's kernels are compiled, and what a start does with them."""

    download: Download = Download()
    """The CPU containers that download the weights."""
