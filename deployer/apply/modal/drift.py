"""What runs against what the profile says: parameters, settings changed by hand, the container's.

Nothing is woken: a server is asked for its release only where a container runs already.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from deployer.apply.modal.address import refuse_open
from deployer.apply.modal.app import grace
from deployer.apply.modal.history import never_deployed
from deployer.apply.modal.markers import shelf
from deployer.apply.modal.proxy_token import headers_for
from deployer.apply.modal.remembering import modal_parameters
from deployer.apply.modal.standing import deployed_now
from deployer.behaviour.windows import kept_at
from deployer.errors import Failure, NotReached
from deployer.headers import SHAPE_BY, TOLD_BY, TOLD_DIGITS
from deployer.plan.diff import diff
from deployer.plan.phases import same_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Records
    from deployer.apply.modal.things import ServerFacts
    from deployer.plan.changes import Change
    from deployer.plan.deployment import Deployed
    from deployer.release import ModalParameters, Release

HEALTH = "/health"

ANSWER = 30.0

ASKED_FOR = {True: "asked for", False: "not asked for"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the profile says.

    ``kind`` is ``release`` (another one is deployed), ``parameter`` (of the function on Modal),
    ``autoscaler`` (changed since the deployment), or ``engine`` (an argument that the engine
    resolved otherwise). ``key`` is the profile's key, where there is one.
    """

    kind: str
    key: str
    what: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class Drift:
    """All differences.

    ``notes`` say what was not looked at because that would start a container, ``unknown`` what was
    looked at and could not be found out.
    """

    app: str
    version: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def drift(account: Account, records: Records, release: Release) -> Drift:
    """Compare a pinned release with what runs.

    Raises NotThere where nothing was ever deployed as this app.
    """
    parameters = modal_parameters(release)
    deployed = deployed_now(account, parameters.app, records)
    if deployed is None:
        raise never_deployed(account, parameters.app)
    if deployed.state != "deployed":
        missing = Difference("release", "modal.app", "deployment", "deployed", deployed.state)
        return Drift(parameters.app, 0, (missing,), ())
    facts = account.server(release)
    found = [*_release(release, deployed)]
    notes: list[str] = []
    unknown: list[str] = []
    if facts is None:
        found.append(Difference("parameter", "modal.endpoint", "server", "there", "not there"))
    else:
        found += [*_parameters(account, release, parameters, facts), *_overrides(parameters, facts)]
        if deployed.containers:
            served, unknown, shape = _container(release, facts)
            found += served
            if release.shapes and shape:
                notes.append(f"one container was asked, and it is {shape}; no other one was")
        else:
            notes.append("no container runs, so none was asked which release it serves")
    return Drift(parameters.app, deployed.version, tuple(found), tuple(notes), tuple(unknown))


def _release(release: Release, deployed: Deployed) -> list[Difference]:
    if same_release(release, deployed):
        return []
    if deployed.release is None:
        short = deployed.digest[:12] or "none of deployer's"
        return [Difference("release", "", "release", release.digest()[:12], short)]
    return [
        Difference("release", one.key, _of_shape(one), one.new, one.old)
        for one in (each.change for each in diff(deployed.release, release).changes)
    ]


def _of_shape(change: Change) -> str:
    return f"{change.what} ({change.shape})" if change.shape else change.what


def wanted_parameters(release: Release, parameters: ModalParameters) -> dict[str, tuple[str, str]]:
    """Give what the function on Modal should have: by name, the profile's key and the value."""
    server = parameters.endpoint == "server"
    shapes = (each.hardware for each in release.each_shape())
    gpu = " or ".join(f"{each.gpu} x {each.count}" for each in shapes)
    found = {
        "GPU": ("hardware.gpu", gpu),
        "port": ("serving.port", str(release.listen.port)),
        "start-up timeout": ("modal.startup_timeout", str(parameters.startup_timeout)),
        "most inputs": ("modal.max_inputs", str(parameters.max_inputs)),
        "target inputs": ("modal.target_inputs", str(parameters.target_inputs)),
        "least containers": ("modal.min_containers", str(parameters.min_containers)),
        "most containers": ("modal.max_containers", str(parameters.max_containers)),
        "scale-down window": ("modal.scaledown_window", str(parameters.scaledown_window)),
        "regions": ("modal.regions", " ".join(parameters.regions)),
        "proxy token": ("modal.auth", ASKED_FOR[parameters.proxied]),
        "weights": ("modal.weights", f"{parameters.weights.volume} at {parameters.weights.path}"),
    }
    if (cache := parameters.kernel_cache) is not None:
        found["kernels"] = ("modal.kernel_cache", f"{cache.volume} at {cache.path}")
    if server:
        found["exit grace period"] = ("lifecycle.drain_timeout", str(grace(release)))
    else:
        found["timeout"] = ("modal.timeout", str(parameters.timeout))
    return found


def live_parameters(
    facts: ServerFacts, volumes: Mapping[str, str], *, server: bool
) -> dict[str, str]:
    """Give what the function on Modal has, by the names of :func:`wanted_parameters`.

    ``volumes`` gives the names of volumes by their ids.
    """
    data = facts.definition
    if not data.ranked_functions:
        message = "Modal does not tell what the function of the server is made of"
        raise Failure(message)
    function = data.ranked_functions[0].function
    gpus = [ranked.function.resources.gpu_config for ranked in data.ranked_functions]
    mounts = {m.mount_path: volumes.get(m.volume_id, m.volume_id) for m in function.volume_mounts}
    http, scaling = data.http_config, facts.static
    webhooks = [m.webhook_config for m in data.method_definitions.values()]
    target = scaling.target_concurrency_float if server else function.target_concurrent_inputs
    found = {
        "GPU": " or ".join(f"{gpu.gpu_type} x {gpu.count}" for gpu in gpus),
        "port": str(http.port if server else next((w.web_server_port for w in webhooks), 0)),
        "start-up timeout": str(http.startup_timeout if server else function.startup_timeout_secs),
        "most inputs": str(function.max_concurrent_inputs),
        "target inputs": f"{target:g}",
        "least containers": str(scaling.min_containers),
        "most containers": str(scaling.max_containers),
        "scale-down window": str(scaling.scaledown_window),
        "regions": " ".join(function.scheduler_placement.regions),
        "proxy token": ASKED_FOR[_proxied(data, server=server)],
        "mounts": "; ".join(f"{name} at {path}" for path, name in mounts.items()),
    }
    if server:
        found["exit grace period"] = str(http.exit_grace_period)
    else:
        found["timeout"] = str(function.timeout_secs)
    return found


def _proxied(data: Any, *, server: bool) -> bool:  # noqa: ANN401 - a protocol message
    """Whether Modal asks for a proxy token at every way in."""
    if server:
        return not data.http_config.unauthenticated
    webhooks = [m.webhook_config for m in data.method_definitions.values()]
    return bool(webhooks) and all(one.requires_proxy_auth for one in webhooks)


def _parameters(
    account: Account, release: Release, parameters: ModalParameters, facts: ServerFacts
) -> list[Difference]:
    places = [(shelf(account, parameters.weights), parameters.weights.volume)]
    if parameters.kernel_cache is not None:
        places.append((account, parameters.kernel_cache.volume))
    volumes = {there.volume_id(volume): volume for there, volume in places}
    live = live_parameters(facts, volumes, server=parameters.endpoint == "server")
    mounts = live.pop("mounts").split("; ")
    found = []
    for what, (key, wanted) in wanted_parameters(release, parameters).items():
        if what in {"weights", "kernels"}:
            if wanted not in mounts:
                found.append(Difference("parameter", key, what, wanted, "; ".join(mounts)))
        elif live[what] != wanted:
            found.append(Difference("parameter", key, what, wanted, live[what]))
    return found


def _overrides(parameters: ModalParameters, facts: ServerFacts) -> list[Difference]:
    """Give the autoscaler's settings that were changed by hand; the next deployment resets them."""
    kept = kept_at(parameters.schedule, parameters.min_containers, time.time())
    key = "modal.min_containers" if kept.window is None else "modal.schedule"
    least = (key, kept.containers)
    wanted = {
        "min_containers": least,
        "max_containers": ("modal.max_containers", parameters.max_containers),
        "scaledown_window": ("modal.scaledown_window", parameters.scaledown_window),
        "buffer_containers": ("", 0),
    }
    return [
        Difference("autoscaler", key, name, str(value), str(getattr(facts.override, name)))
        for name, (key, value) in wanted.items()
        if facts.override.HasField(name) and getattr(facts.override, name) != value
    ]


def _container(release: Release, facts: ServerFacts) -> tuple[list[Difference], list[str], str]:
    """Ask the container that answers which release it serves, and which shape it is.

    Its engine's arguments are that release's: nobody reaches what could change them.
    """
    wanted = release.digest()[:TOLD_DIGITS]
    try:
        headers = headers_for(release)
    except Failure as failure:
        return [], [f"the server was not asked for its release: {failure.message}"], ""
    try:
        found, shape = told_release(facts.url, headers)
    except NotReached as failure:
        return [], [failure.message], ""
    if found == wanted:
        return [], [], shape
    other = Difference("engine", "", "release of the container that answered", wanted, found)
    return [other], [], shape


def told_release(url: str, headers: Mapping[str, str]) -> tuple[str, str]:
    """Ask a server which release is behind its door, and which shape of it, '' where none is told.

    No key is sent, and ready or not it tells. ``headers`` are what Modal wants to see in front of
    it.

    Raises NotReached where it does not, Failure for an address that nobody should ask openly.
    """
    refuse_open(url)
    try:
        with requests.Session() as session:
            answer = session.get(
                f"{url}{HEALTH}", headers=headers, timeout=ANSWER, allow_redirects=False
            )
    except requests.RequestException as error:
        message = f"the server did not tell its release: no answer ({type(error).__name__})"
        raise NotReached(message) from None
    if found := answer.headers.get(TOLD_BY):
        return found, answer.headers.get(SHAPE_BY, "")
    message = (
        f"the server did not tell its release: {HEALTH} was answered with {answer.status_code}"
    )
    raise NotReached(message)
