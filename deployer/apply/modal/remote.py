"""What runs in Modal's containers: plain functions and one class, told by a release what to do.

The release travels with the deployment, as a file beside this package, and is read from there and
nowhere else. A module that read a profile while it is imported would find, in the container, no
such file or another one, and serve something else without a word (measured with modal 1.6.4).
Nothing is decorated here except what Modal calls by name; :mod:`deployer.apply.modal.app` makes
the app, on the machine that deploys.

In the container there are the standard library, requests and modal; huggingface_hub, too, where it
downloads.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import modal

from deployer.diagnose.boot import Stage
from deployer.errors import Failure
from deployer.event import Event
from deployer.release import ModalParameters, Release, Variable
from deployer.serve.lines import record_line, to_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.serve.caches.keep import Caches
    from deployer.serve.runtime import Runtime
    from deployer.serve.weights.manifest import Manifests

ROOT = Path(__file__).resolve().parents[3]
"""The folder that this package lies in: ``/root`` in a container."""

RELEASE_FILE = "deployer-release.json"
"""The release's file in :data:`ROOT`."""

MANIFESTS_FILE = "deployer-manifests.json"
"""What the profile's lock lists, beside it, in the containers that download."""

SERVER = "Server"
"""The name of the class that serves; Modal finds it in this module by that name."""

PORT_TIMEOUT = 60.0
"""Seconds that Modal waits for the port once ``serve`` returned. The server is ready by then, so
this bounds a single connection; it never bounded a start (modal 1.6.4 starts the clock after the
method returned, ``construct_webhook_callable``)."""


def baked() -> Release:
    """Read the release that travels with the deployment."""
    return Release.from_json((ROOT / RELEASE_FILE).read_text(encoding="utf-8"))


def download_model() -> None:
    """Fetch the weights onto their volume, and prove them complete; done already is done at once.

    Raises :class:`~deployer.errors.Failure`, which Modal carries to whoever called.
    """
    from deployer.serve.weights.download import download  # noqa: PLC0415 - only what a part needs
    from deployer.serve.weights.pace import PACE  # noqa: PLC0415 - as above

    release, parameters = _modal_release()
    _reload(parameters.weights.volume)
    locked, keep = _locked(), _commit(parameters.weights.volume)
    for source in release.sources():
        download(
            source,
            commit=keep,
            tell=tell,
            locked=locked.of(source.repo, source.commit),
            pace=replace(PACE, workers=parameters.download_connections),
            client=parameters.download_client,
        )
    _refuse_too_large(release)


def download_share(number: int, path: str) -> None:
    """Fetch one share of the weights: a file of the so many-th source, or all its small files.

    Raises :class:`~deployer.errors.Failure`. What others write into the volume meanwhile is not
    seen here, and needs not be.
    """
    from deployer.serve.weights.pace import PACE  # noqa: PLC0415 - only what a part needs
    from deployer.serve.weights.share import fetch_share  # noqa: PLC0415 - as above

    release, parameters = _modal_release()
    source = release.sources()[number]
    manifest = _locked().of(source.repo, source.commit)
    if manifest is None:
        message = f"no list of {source.repo} travels with this download"
        raise Failure(message)
    fetch_share(
        source,
        path,
        manifest=manifest,
        commit=_commit(parameters.weights.volume),
        tell=tell,
        pace=replace(PACE, workers=parameters.download_connections),
        client=parameters.download_client,
    )


def compile_deepgemm() -> None:
    """Compile the kernels that the release needs, on its GPUs, onto their volume.

    Raises :class:`~deployer.errors.Failure`.
    """
    from deployer.serve.kernels.compile import compile_kernels  # noqa: PLC0415 - as above

    release, parameters = _modal_release()
    _refuse(_missing_weights(release))
    if (cache := parameters.kernel_cache) is None:
        return
    caches = caches_of(release, parameters)
    compile_kernels(
        release if caches is None else caches.restore(),
        cache=Path(cache.path),
        commit=_commit(cache.volume),
        tell=tell,
        stream=_log(),
    )
    if caches is not None:  # the compilation starts an engine, which compiles the rest as well
        caches.keep()


def compare_key(salt: str, told: str) -> None:
    """Hold the key of whoever applies against those of the secret; costs no GPU.

    ``told`` is the key's HMAC with a salt that is made for this one question: the key itself does
    not travel. Raises :class:`~deployer.errors.Failure` where no key of the secret is it, and for
    one that the door would not take.
    """
    import hmac  # noqa: PLC0415 - only what a part needs

    from deployer.serve.keyring import KeyRing  # noqa: PLC0415 - as above

    release, parameters = _modal_release()
    held = KeyRing(release.listen.api_key_variable, os.environ).read()
    if not any(hmac.compare_digest(key_proof(each.key, salt), told) for each in held):
        message = (
            f"the API key here is none of those in the secret `{parameters.api_key_secret}`, so "
            "the server would not let it in"
        )
        variable = release.listen.api_key_variable
        hint = f"set {variable} to what the secret holds, or put the key into the secret"
        raise Failure(message, hint=hint)
    sys.stdout.write("the key is one of the secret's\n")


def key_proof(key: str, salt: str) -> str:
    """Give what shows that somebody has a key, to who has it too: HMAC-SHA256 (RFC 2104)."""
    import hmac  # noqa: PLC0415 - as above

    return hmac.new(key.encode(), salt.encode(), "sha256").hexdigest()


def keep_schedule() -> None:
    """Tell Modal's autoscaler how many containers stay up now; runs by the clock, without a GPU.

    It is told at every run, so what a deployment has reset, or somebody changed by hand, holds for
    an hour at most.
    """
    from deployer.behaviour.windows import kept_at  # noqa: PLC0415 - only what a part needs

    _, parameters = _modal_release()
    kept = kept_at(parameters.schedule, parameters.min_containers, time.time())
    if parameters.endpoint == "server":
        server = modal.Server.from_name(parameters.app, SERVER)
        server.autoscaler.update(min_containers=kept.containers)
    else:
        serving = modal.Cls.from_name(parameters.app, SERVER)()
        serving.update_autoscaler(min_containers=kept.containers)
    window = kept.window
    by = f"{window.days} {window.hours} {window.timezone}" if window else "no window"
    sys.stdout.write(f"{kept.containers} containers stay up, by {by}\n")


def verify_setup() -> None:
    """Prove that weights and kernels are complete and those of the release; costs no GPU.

    Raises :class:`~deployer.errors.Failure` with everything that is missing.
    """
    release, parameters = _modal_release()
    shapes = release.each_shape()
    kernels = [each for shape in shapes for each in _missing_kernels(shape, parameters)]
    _refuse([*_missing_weights(release), *dict.fromkeys(kernels)])
    _refuse_too_large(release)
    sys.stdout.write("weights and kernels are complete\n")


def tell(event: Event) -> None:
    """Write an event into the container's log; what the engine says while it loads is there."""
    if (event.phase, event.state) == ("load", "progress"):
        return
    sys.stdout.write(f"{to_line(event)}\n")
    if record := record_line(event):
        sys.stdout.write(f"{record}\n")
    for line in event.detail:
        sys.stdout.write(f"    {line}\n")
    sys.stdout.flush()


class Life:
    """One server's life in its container, from Modal's first call to its last.

    All of the start is in ``enter``: it is bounded by the container's ``startup_timeout``, and
    Modal gives the container no request before it is over.
    """

    _runtime: Runtime
    _caches: Caches | None = None

    @modal.enter()
    def start(self) -> None:
        """Launch the engine, wait, and warm up. Raises :class:`~deployer.errors.Failure`.

        Modal runs no exit hook when this raises, and asks a container to end by
        ``KeyboardInterrupt``; the runtime leaves nothing behind then.
        """
        from deployer.serve.runtime import Runtime  # noqa: PLC0415 - needs requests

        began, age = time.monotonic(), _container_age()
        deployed, _ = _modal_release()
        release, parameters = self._shape(deployed)
        self._refuse_start(_missing_weights(release))
        lacks = _missing_kernels(release, parameters, in_engine=True)
        for problem in lacks:
            sys.stdout.write(f"deployer: the engine will compile kernels at its start: {problem}\n")
        _end_on_sigterm()
        release = _with_own_kernels(release, parameters)
        if not (parameters.kernel_walk or lacks):
            release = _without_walk(release, parameters)
        looked = round(time.monotonic() - began, 3)
        release, kept = self._with_caches(release, parameters, age + looked)
        self._runtime = Runtime(
            release,
            os.environ,
            before=(Stage("container", 0.0, age), Stage("volumes", age, looked), *kept),
            digest=deployed.digest(),
            shape=release.shape if deployed.shapes else "",
            emit=tell,
            log_file=Path(tempfile.mkdtemp(prefix="deployer-")) / "engine.log",
            stream=_log(),
        )
        if not self._runtime.start():
            message = "the container was asked to end before it was ready"
            raise Failure(message)
        try:
            threading.Thread(target=self._watch, name="watch", daemon=True).start()
            if self._caches is not None:
                threading.Thread(target=self._caches.keep, name="caches", daemon=True).start()
        except KeyboardInterrupt:
            self._runtime.stop()
            raise

    @modal.exit()
    def stop(self) -> None:
        """Drain the engine: requests in flight may finish within the budget."""
        if self._caches is not None:
            self._caches.close()
        self._runtime.stop()

    def _with_caches(
        self, release: Release, parameters: ModalParameters, began: float
    ) -> tuple[Release, tuple[Stage, ...]]:
        """Put what earlier starts compiled in its places; gives the stage that this was, too."""
        self._caches = caches = caches_of(release, parameters)
        if caches is None:
            return release, ()
        since = time.monotonic()
        release = caches.restore()
        took = round(time.monotonic() - since, 3)
        return release, (Stage("caches", began, took, caches.bytes),)

    @staticmethod
    def _shape(deployed: Release) -> tuple[Release, ModalParameters]:
        """Find out which shape of the deployment this container is, and say it.

        Raises Failure where it got GPUs for which there is none: no other shape's flags are tried.
        """
        from deployer.serve.machine import shape_here  # noqa: PLC0415 - only what a part needs

        try:
            release, found = shape_here(deployed)
        except Failure as failure:
            tell(Event(time.time(), "ended", "failed", failure.message))
            raise
        if found:
            tell(Event(time.time(), "shape", "done", f"{release.shape}: {found}"))
        return _for_modal(release)

    @staticmethod
    def _refuse_start(missing: list[str]) -> None:
        """Say it in the log, where whoever waits for the server reads it."""
        if missing:
            tell(Event(time.time(), "ended", "failed", "; ".join(missing)))
        _refuse(missing)

    def _watch(self) -> None:
        """End the container when the engine dies, so that the next request gets another one.

        It is said by then and the engine is sent SIGKILL, so no exit hook is missed; the container
        takes what is left with it. Leaving by an exception would only end this thread, and nobody
        would watch any more, whatever it is that was raised.
        """
        try:
            self._runtime.watch()
        except BaseException:  # noqa: BLE001 - see above
            sys.stdout.flush()
            os._exit(1)


def serve(self: Life) -> None:
    """Tell Modal that the port may be asked; the start is over when Modal calls this."""
    del self


def server_class(release: Release) -> type[Life]:
    """Make the class that serves a release.

    For a ``web_server`` it has the method that Modal finds the port by. Modal reads the port from
    the class that it finds in the container, so both sides make it from the release.
    """
    parameters = release.modal
    body: dict[str, Any] = {"__module__": __name__, "__qualname__": SERVER, "__doc__": Life.__doc__}
    if parameters is not None and parameters.endpoint == "web_server":
        body["serve"] = modal.web_server(
            release.listen.port,
            startup_timeout=PORT_TIMEOUT,
            requires_proxy_auth=parameters.proxied,
            label=parameters.label or None,
            custom_domains=parameters.custom_domains or None,
        )(serve)
    return type(SERVER, (Life,), body)


def _with_own_kernels(release: Release, parameters: ModalParameters) -> Release:
    """Give the engine a copy of the kernels on the container's own disk.

    It writes into its cache, and takes locks there, even where every kernel is there; containers
    that share one fail on each other (sgl-project/sglang#27604).
    """
    from deployer.serve.kernels.entries import copy_entries  # noqa: PLC0415 - only what a part needs

    if parameters.kernel_cache is None:
        return release
    cache = Path(parameters.kernel_cache.path)
    own = Path(tempfile.mkdtemp(prefix="deployer-kernels-"))
    copy_entries(cache, own, lambda: None)
    variables = tuple(
        replace(each, value=str(own)) if each.value == str(cache) else each
        for each in release.environment
    )
    return replace(release, environment=variables)


def _without_walk(release: Release, parameters: ModalParameters) -> Release:
    """Let the engine leave out its walk over all sizes of each kernel that is proven to be there.

    What the release states of it stays.
    """
    from deployer.behaviour.kernel_key import key_of  # noqa: PLC0415 - only what a part needs
    from deployer.serve.kernels.command import WALK  # noqa: PLC0415 - as above
    from deployer.serve.kernels.marker import read_marker  # noqa: PLC0415 - as above

    cache = parameters.kernel_cache
    marker = None if cache is None else read_marker(Path(cache.path), key_of(release))
    stated = any(each.name == WALK for each in release.environment)
    if marker is None or not marker.entries or stated:
        return release
    said = f"{marker.summary()} are there, and the engine does not walk over them"
    sys.stdout.write(f"deployer: {said}\n")
    left_out = Variable(WALK, "false", "modal.kernels.walk")
    return replace(release, environment=(*release.environment, left_out))


def caches_of(release: Release, parameters: ModalParameters) -> Caches | None:
    """Give the caches of what an engine compiles; None where they are not kept.

    That they cannot be looked at is told, and is no reason not to start.
    """
    from deployer.apply.modal.shelf import ModalShelf  # noqa: PLC0415 - only what a part needs
    from deployer.serve.caches.keep import Caches  # noqa: PLC0415 - as above

    cache = parameters.kernel_cache
    if cache is None or not parameters.jit_caches:
        return None
    try:
        return Caches(
            release,
            ModalShelf(cache.volume, Path(cache.path)),
            environ=os.environ,
            tell=tell,
            home=Path.home(),
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the engine compiles what it lacks
        said = f"what engines compile is not kept: {type(error).__name__}: {error}"
        tell(Event(time.time(), "caches", "failed", said))
        return None


def _container_age() -> float:
    """Say how long ago the container's first process started, in seconds; 0 if not known.

    What Modal does before that, such as finding a machine and the image, is seen by nobody here.
    """
    from deployer.serve.processes import age  # noqa: PLC0415 - only what a part needs

    return round(age(1), 3)


def _log() -> io.RawIOBase:
    """Give the container's log, unbuffered: nothing is left in a buffer at the end."""
    return open(1, "wb", buffering=0, closefd=False)


def _modal_release() -> tuple[Release, ModalParameters]:
    return _for_modal(baked())


def _for_modal(release: Release) -> tuple[Release, ModalParameters]:
    if release.modal is None:
        message = "the release that travels with this deployment is not for Modal"
        raise Failure(message)
    return release, release.modal


def _commit(volume: str) -> Callable[[], None]:
    def commit() -> None:
        try:
            modal.Volume.from_name(volume).commit()
        except Exception as error:
            message = f"the volume {volume} could not be committed: {type(error).__name__}"
            raise Failure(message, hint=str(error)) from error

    return commit


def _reload(volume: str) -> None:
    """See what other containers have committed since this one started; it may be an older one."""
    try:
        modal.Volume.from_name(volume).reload()
    except Exception as error:
        message = f"the volume {volume} could not be read anew: {type(error).__name__}"
        raise Failure(message, hint=str(error)) from error


def _missing_weights(release: Release) -> list[str]:
    from deployer.serve.weights.verify import verify  # noqa: PLC0415 - only what a part needs

    return [
        f"weights of {source.repo}: {problem}"
        for source in release.sources()
        for problem in verify(source)
    ]


def _locked() -> Manifests:
    """Read what the profile's lock lists, where there is one: it travels with the download."""
    from deployer.files import is_there  # noqa: PLC0415 - as above
    from deployer.serve.weights.manifest import Manifests  # noqa: PLC0415 - as above

    path = ROOT / MANIFESTS_FILE
    if not is_there(path):
        return Manifests(())
    return Manifests.from_json(path.read_text(encoding="utf-8"))


def _refuse_too_large(release: Release) -> None:
    """Refuse what no GPU need be paid for: weights that all of them together cannot hold.

    Raises :class:`~deployer.errors.Failure`.
    """
    from deployer.behaviour.room import TOO_LARGE, too_large  # noqa: PLC0415 - only what a part needs
    from deployer.serve.weights.held import weights_held  # noqa: PLC0415 - as above

    held = weights_held(release.model)
    for shape in release.each_shape():
        if problem := too_large(shape, *held):
            raise Failure(problem, hint=TOO_LARGE)


def _missing_kernels(
    release: Release, parameters: ModalParameters, *, in_engine: bool = False
) -> list[str]:
    """Say what the cache lacks; in the engine's image its versions are compared, too."""
    from deployer.behaviour.kernel_need import config_at, unused  # noqa: PLC0415 - only what a part needs
    from deployer.serve.kernels.verify import verify  # noqa: PLC0415 - as above
    from deployer.serve.kernels.versions import found_versions  # noqa: PLC0415 - as above

    if unused(release, config_at(Path(release.model.path))):
        return []
    if parameters.kernel_cache is None:
        return ["`modal.kernel_cache` names no volume that could hold them"] if in_engine else []
    cache = Path(parameters.kernel_cache.path)
    versions = found_versions(release.engine.command[0], os.environ) if in_engine else ()
    return [f"kernels: {problem}" for problem in verify(release, cache, versions)]


def _refuse(missing: list[str]) -> None:
    if missing:
        raise Failure("; ".join(missing), hint="`deployer apply` puts what is missing in place")


def _end_on_sigterm() -> None:
    """Let SIGTERM end the container as SIGINT does.

    Modal's container has no handler for it in a class, and would die without its exit hook
    (measured with modal 1.6.4).
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))


if not modal.is_local():
    Server = server_class(baked())
