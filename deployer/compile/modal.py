"""The parameters of the Modal app."""

from __future__ import annotations

from deployer.compile.derive import container_startup, max_inputs
from deployer.profile.model import Profile
from deployer.profile.sections.modal import Modal
from deployer.release import ModalParameters, Mount


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
        weights=Mount(volume=section.weights.volume, path=section.weights.path),
        kernel_cache=None if cache is None else Mount(volume=cache.volume, path=cache.path),
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
    )
