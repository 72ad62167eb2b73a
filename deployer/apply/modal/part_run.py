"""Runs one part of an app in a container, as `modal run` does, and tells how it goes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import modal

from deployer.apply.modal.app import build_app
from deployer.apply.modal.following import Following
from deployer.apply.modal.words import in_words
from deployer.errors import Failure
from deployer.late import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Parts
    from deployer.apply.phases import Phase
    from deployer.event import Event
    from deployer.release import Release

LOOK_EVERY = 15.0
"""Seconds between two looks whether a container is there, while nothing is heard of it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The files that go into containers: the release, and what a lock lists, where there is one."""

    release: Path
    manifests: Path | None = None


def run_part(
    account: Account, release: Release, carried: Carried, part: str, phase: Phase, parts: Parts
) -> None:
    """Call a function of the app in an app of its own, which ends with the call.

    Raises Failure, with the end of the log as its hint, where it fails.
    """
    built = build_app(release, carried.release, (part,), manifests=carried.manifests)

    def tell(event: Event) -> None:
        if event.state == "progress":
            phase.progress(event.message)

    began = parts.now()
    try:
        with built.app.run(environment_name=account.environment or None):
            app_id = built.app.app_id or ""
            with (
                Following(account, app_id, began - 1, tell) as log,
                Waiting(account, app_id, release, phase, lambda: bool(log.last)),
            ):
                _call(built.functions[part].remote, log)
    except (modal.exception.Error, OSError) as error:
        raise in_words(error) from error


class Waiting:
    """Says, while nothing is heard, whether a container was given to us at all."""

    def __init__(
        self,
        account: Account,
        app_id: str,
        release: Release,
        phase: Phase,
        heard: Callable[[], bool],
    ) -> None:
        self._account = account
        self._app_id = app_id
        self._what = f"{release.hardware.count} x {release.hardware.gpu}"
        self._phase = phase
        self._heard = heard
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="waiting", daemon=True)

    def __enter__(self) -> None:
        """Begin to look."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY) and not self._heard():
            self._phase.progress(waiting_words(self._phase.seconds))


def waiting_words(seconds: float) -> str:
    """Say that Modal has given no container yet."""
    return f"no container has started yet, after {seconds:.0f} s"


def _call(remote: Callable[[], object], log: Following) -> None:
    try:
        remote()
    except Failure:
        raise
    except modal.exception.FunctionTimeoutError as error:
        message = "it took longer than its time limit; what is done stays, so apply again"
        raise Failure(message) from error
    except (modal.exception.Error, OSError):
        raise
    except Exception as error:
        tail = tuple(log.tail())
        message = f"the container failed: {type(error).__name__}: {error}"
        hint = "the end of its log:" if tail else ""
        raise Failure(message, hint=hint, detail=tail) from error
