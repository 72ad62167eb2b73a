"""The parameters of the Modal app."""

from __future__ import annotations

import json

from deployer.compile.derive import container_startup, max_inputs
from deployer.compile.resources import container_cpu, container_memory
from deployer.profile.model import Profile
from deployer.profile.sections import mounts
from deployer.profile.sections.modal import Modal
from deployer.release import (
    Bucket,
    FurtherMount,
    FurtherSecret,
    ModalParameters,
    Mount,
    Named,
    WeightsMount,
    Window,
)


def modal_parameters(profile: Profile) -> ModalParameters | None:
    """Compile the `modal` section; None for a local target."""
    section = profile.modal
    if section is None or profile.target != "modal":
        return None
    return _parameters(profile, section)


def _parameters(profile: Profile, section: Modal) -> ModalParameters:
    inputs = max_inputs(profile)
    # A `server` refuses what exceeds its limit with 429, and the engine has a queue of its own: so
    # there is a limit only where the author wants one. A `web_server` queues in front of it.
    limit = inputs if section.endpoint == "web_server" else section.max_inputs or 0
    cache = section.kernel_cache
    return ModalParameters(
        app=section.app,
        environment=section.environment or "",
        endpoint=section.endpoint,
        weights=_weights(section.weights),
        kernel_cache=None if cache is None else _mount(cache),
        api_key_secret=section.api_key_secret or "",
        hub_secret=section.hub_secret or "",
        min_containers=section.min_containers,
        max_containers=section.max_containers,
        max_inputs=limit,
        target_inputs=section.target_inputs or inputs,
        scaledown_window=section.scaledown_window,
        timeout=section.timeout,
        startup_timeout=container_startup(profile),
        regions=section.regions,
        download_cpu=section.download.cpu,
        download_memory=section.download.memory,
        download_timeout=section.download.timeout,
        packages=section.packages,
        download_connections=section.download.connections,
        auth=section.auth,
        download_containers=section.download.containers,
        download_client=section.download.client,
        routing_region=section.routing_region or "",
        cloud=section.cloud or "",
        cpu=container_cpu(profile),
        cpu_limit=section.cpu_limit or 0.0,
        memory=container_memory(profile),
        memory_limit=section.memory_limit or 0,
        ephemeral_disk=section.ephemeral_disk or 0,
        buffer_containers=section.buffer_containers or 0,
        nonpreemptible=section.nonpreemptible,
        proxy=section.proxy or "",
        label=section.label or "",
        custom_domains=section.custom_domains,
        tags=tuple(Named(*each) for each in sorted(section.tags.items())),
        schedule=tuple(
            Window(one.days, one.hours, one.timezone, one.min_containers)
            for one in section.schedule
        ),
        secrets=tuple(FurtherSecret(one.secret, one.variables) for one in section.secrets),
        volumes=tuple(map(_further, section.volumes)),
        buckets=tuple(map(_bucket, section.buckets)),
        options=tuple(
            Named(name, json.dumps(value, sort_keys=True))
            for name, value in sorted(section.options.items())
        ),
        jit_caches=section.jit_caches,
        kernel_weights=section.kernels.weights,
        kernel_walk=section.kernels.walk,
    )


def _mount(volume: mounts.Volume) -> Mount:
    return Mount(volume=volume.volume, path=volume.path, version=volume.version or 0)


def _weights(volume: mounts.Weights) -> WeightsMount:
    return WeightsMount(
        volume=volume.volume,
        path=volume.path,
        version=volume.version or 0,
        environment=volume.environment or "",
    )


def _further(volume: mounts.FurtherVolume) -> FurtherMount:
    return FurtherMount(
        volume=volume.volume,
        path=volume.path,
        version=volume.version or 0,
        read_only=volume.read_only,
        sub_path=volume.sub_path or "",
    )


def _bucket(bucket: mounts.Bucket) -> Bucket:
    return Bucket(
        bucket=bucket.bucket,
        path=bucket.path,
        endpoint_url=bucket.endpoint_url or "",
        key_prefix=bucket.key_prefix or "",
        secret=bucket.secret or "",
        role=bucket.role or "",
        read_only=bucket.read_only,
        requester_pays=bucket.requester_pays,
        force_path_style=bucket.force_path_style,
    )
