"""What clients reach of a server, as its supervisor works it: the socket, the door, the keys."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deployer.errors import Failure
from deployer.facts.sglang.routes import METRICS, addable, clients
from deployer.headers import TOLD_DIGITS
from deployer.serve.counters import METRICS_FLAG
from deployer.serve.door.keys import digest
from deployer.serve.door.terms import Cut, Facts, NamedKey, Route, Terms, Timed
from deployer.serve.doorkeeper import Door
from deployer.serve.launch import door_environment
from deployer.serve.listener import open_listener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deployer.diagnose.boot import Boot
    from deployer.release import Release
    from deployer.serve.bell import Bell
    from deployer.serve.inside import Inside
    from deployer.serve.keyring import Held, KeyRing
    from deployer.serve.pulse import Pulse

MEBIBYTE = 1 << 20

ENDING = "the server is ending: ask again, another one may answer"
FAILED = "the server has failed: it may be started again"
RETRY_AFTER = 5
"""Seconds that clients of a server that ends are told to wait."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """How the requests in flight ended: how many there were, after how long, and who was cut."""

    had: int
    seconds: float
    cut: tuple[Cut, ...]

    def message(self) -> str:
        """Say it in a sentence."""
        if not self.had:
            return "no request was in flight"
        if not self.cut:
            return f"{self.had} requests in flight were answered in {self.seconds:.1f} s"
        named = ", ".join(each.spelt() for each in self.cut)
        return f"{len(self.cut)} of {self.had} requests were cut off: {named}"


class Front:
    """The door of one server, from before its engine starts until after it has ended."""

    def __init__(
        self,
        release: Release,
        digest_: str,
        environ: Mapping[str, str],
        held: Sequence[Held],
    ) -> None:
        terms = terms_of(release, digest_)
        self._port = 0
        self.listener = open_listener(release.listen)
        variables = door_environment(release, environ, [each.key for each in held])
        self._door = Door(terms, self.listener, variables)
        self._facts = Facts(**_served(release, digest_))
        self.keys(held)
        self._door.start()

    def attach(self, bell: Bell, tell: Callable[[str], None]) -> None:
        """Say whom the door wakes, and whom it tells that it died."""
        self._door.bell, self._door.tell = bell, tell

    @property
    def pid(self) -> int:
        """The process of the door, 0 while there is none."""
        return self._door.pid

    @property
    def broken(self) -> int:
        """How many answers the engine has not finished so far."""
        return len(self._door.broken)

    def pulse(self) -> Pulse:
        """Give what the door last saw."""
        return self._door.pulse()

    def keys(self, held: Sequence[Held]) -> None:
        """Say whose keys open it from now on."""
        self._door.keys([NamedKey(each.name, digest(each.key)) for each in held])

    def follow(self, ring: KeyRing, learn: Callable[[Sequence[str]], None]) -> None:
        """Take the keys that are there from now on, and others whenever their files change.

        ``learn`` is told every key before it counts, so that none is ever shown. A file that holds
        no key is told of, and the keys stay as they were.
        """
        mark = ring.mark()

        def look() -> None:
            nonlocal mark
            now = ring.mark()
            if now == mark:
                return
            mark = now
            try:
                held = ring.read()
            except Failure as failure:
                self._door.tell(f"the keys stay as they were: {failure.message}")
                return
            learn([each.key for each in held])
            self.keys(held)
            self._door.tell(f"the keys are now: {', '.join(each.name for each in held)}")

        self._door.on_pulse = look

    def starts(self, digest_: str) -> None:
        """Note that an engine is started: the first one, again, or one of another release.

        Another release's is started while the one that serves still does.
        """
        facts = self._facts
        if not facts.started:
            self.know(started=time.time())
        elif facts.release == digest_[:TOLD_DIGITS]:
            self.know(restarts=facts.restarts + 1, hang=False)

    def booted(self, boot: Boot) -> None:
        """Note what the start took that has just come to serving."""
        stages = (boot.of(name) for name in boot.names())
        took = tuple(Timed(each.name, round(each.seconds, 3)) for each in stages if each)
        began = self._facts.started if self._facts.restarts else boot.when - boot.seconds
        self.know(stages=took, started=began)

    def know(self, **facts: Any) -> None:  # noqa: ANN401 - fields of `Facts`
        """Have the door tell what has changed of its facts."""
        changed = replace(self._facts, **facts)
        if changed != self._facts:
            self._facts = changed
            self._door.facts(changed)

    def open(self, inside: Inside) -> None:
        """Let requests through to an engine that has been proven."""
        self._port = inside.port
        self._door.open(inside.port, inside.key)

    def shut(self, reason: str, retry_after: int = RETRY_AFTER) -> None:
        """Let nobody in, ``/health`` included; requests in flight go on."""
        self._door.shut(reason, retry_after)

    def turn(self, release: Release, digest_: str, inside: Inside) -> None:
        """Be the door of another release: what comes now goes to its engine, which is proven.

        What is in flight at the one before is answered by that.
        """
        self._door.terms(terms_of(release, digest_))
        self.know(**_served(release, digest_), hang=False)
        self.open(inside)

    def empty(
        self,
        budget: float,
        *,
        give_up: Callable[[], bool],
        clock: Callable[[], float],
        unbroken: int | None = None,
        elders: bool = False,
    ) -> Emptied:
        """Let nobody in any more, and wait for the requests in flight to be answered.

        ``unbroken`` is :attr:`broken` of the moment from which on answers that break count.

        At the end of ``budget`` seconds, or when ``give_up`` says so, the rest is cut and named.
        With ``elders`` it is about those at an engine that another one has taken the place of, and
        the door stays open.
        """
        began = clock()
        with self._door.bell.listen() as ear:
            self._door.rings = True
            since = self.pulse().at
            if not elders:
                self.know(draining=True)
                self.shut(ENDING)
            had, unbroken = 0, self.broken if unbroken is None else unbroken
            while True:
                pulse = self.pulse()
                count = pulse.elders + (0 if elders else pulse.in_flight)
                had = max(had, count)
                left = began + budget - clock()
                heard = pulse.port == self._port if elders else not pulse.ready
                if pulse.at > since and heard and not count:
                    cut = tuple(self._door.broken[unbroken:])
                    return Emptied(max(had, len(cut)), clock() - began, cut)
                if left <= 0 or give_up():
                    break
                ear.wait(left)
        cut = (*self._door.cut(elders=elders), *self._door.broken[unbroken:])
        return Emptied(max(had, len(cut)), clock() - began, cut)

    def close(self) -> None:
        """End the door and give the port back."""
        self._door.end()
        self.listener.close()


def _served(release: Release, digest_: str) -> dict[str, Any]:
    """Give what the metrics say of a release."""
    return {
        "release": digest_[:TOLD_DIGITS],
        "model": release.model.served_name or release.model.repo,
        "engine": f"{release.engine.name} {release.engine.version}",
    }


def terms_of(release: Release, digest_: str) -> Terms:
    """Give what the door of a release is told."""
    listen = release.listen
    return Terms(
        release=digest_[:TOLD_DIGITS],
        routes=tuple(routes_of(release)),
        keyed=bool(listen.api_key_variable),
        body=listen.body_limit * MEBIBYTE,
        origins=listen.origins,
        models=(release.model.served_name,) if release.model.served_name else (),
        adapters=adapters_of(release),
        shape=release.shape if release.modal is not None else "",
    )


def adapters_of(release: Release) -> tuple[str, ...]:
    """Name the adapters that a release loads at its start: ``NAME=PATH``, or a path alone."""
    paths = (each.values for each in release.arguments if each.flag == "--lora-paths")
    return tuple(value.partition("=")[0] for values in paths for value in values)


def routes_of(release: Release) -> list[Route]:
    """List the routes that clients may ask of a release, but for ``/health``."""
    version = release.engine.version
    found = [Route(each.path, each.methods) for each in clients(version)]
    names = (release.model.served_name, *(one.served_name for one in release.beside))
    found += [Route(path, ("GET",)) for name in names if name for path in _model_paths(name)]
    if any(argument.flag == METRICS_FLAG for argument in release.arguments):
        found.append(Route(METRICS, ("GET",)))
    others = addable(version)
    found += [Route(path, others[path].methods) for path in release.listen.routes if path in others]
    return found


def _model_paths(name: str) -> tuple[str, ...]:
    """Spell ``/v1/models/NAME`` as clients do: OpenAI's own writes `/` within it as `%2F`."""
    return tuple(dict.fromkeys(f"/v1/models/{each}" for each in (name, name.replace("/", "%2F"))))
