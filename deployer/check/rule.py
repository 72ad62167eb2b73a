"""What a check is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar

from deployer.behaviour.stated import Setting, UnsoundError
from deployer.behaviour.subject import Decision
from deployer.check.families import of_model
from deployer.check.ranges import EVERY_RELEASE, Engines, on_gpu
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.partial import is_unknown
from deployer.profile.source import Path

__all__ = ["Engines", "Mitigation", "Problem", "Rule", "at", "drafting", "named", "one_of"]

PlaceT = TypeVar("PlaceT", Setting, Decision[str])


@dataclass(frozen=True, slots=True)
class Problem:
    """One place at which a check fires: the YAML key path, what is wrong, what to do instead.

    ``hides_line`` keeps this one line, which may hold a secret, out of what is shown.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str
    hides_line: bool = False


@dataclass(frozen=True, slots=True)
class Mitigation:
    """What an author writes against an engine's bug, of which later releases have no need.

    ``name`` says it in the reader's words (``fusion off``). ``stated`` gives what a profile states
    of it, None for nothing; what the profile leaves to a default counts for nothing.
    """

    name: str
    stated: Callable[[Case], Setting | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check: the kebab-case name of the bad pattern, and the function that looks for it.

    The docstring of the module that it stands in says what it finds, why that hurts, what to
    write instead, and where this is known from. ``hides_line`` keeps the line itself, which may
    hold a secret, out of what is shown.

    ``find`` is asked only where the rule holds: in the releases of ``engines``, on ``gpus``
    (:mod:`deployer.check.ranges`), for ``models`` (:mod:`deployer.check.families`), for
    ``architectures`` (the class of the model, as
    :mod:`deployer.behaviour.architecture` knows it); nothing stated is everywhere. After the range
    of ``engines`` the ``mitigation`` is looked for, and told as stale. ``inferred`` says that the
    remedy is an inference: it is told with what is found. A ``firm`` one cannot be allowed by a
    comment, for nothing could be done with the profile.
    """

    name: str
    severity: Severity
    find: Callable[[Case], Iterator[Problem]]
    link: str = ""
    hides_line: bool = False
    engines: Engines = EVERY_RELEASE
    gpus: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    mitigation: Mitigation | None = None
    inferred: bool = False
    firm: bool = False

    def holds(self, case: Case) -> bool:
        """Whether the profile's release, GPU and model are those that the check is about."""
        everywhere = self.engines == EVERY_RELEASE
        here = everywhere or self.engines.holds(case.profile.engine.version)
        return here and self._applies(case)

    def past(self, case: Case) -> bool:
        """Whether all that keeps the check silent is that the release is a later one."""
        return self.engines.passed(case.profile.engine.version) and self._applies(case)

    def _applies(self, case: Case) -> bool:
        return (
            on_gpu(case.profile, self.gpus)
            and of_model(case, self.models)
            and (not self.architectures or self._of_architecture(case))
        )

    def _of_architecture(self, case: Case) -> bool:
        return case.resolved.subject.architecture.name in self.architectures


def at(
    where: Path | Callable[[Case], Setting | Decision[str] | None],
    message: str,
    hint: str,
    *,
    when: Callable[[Case], object] = lambda _: True,
) -> Callable[[Case], Iterator[Problem]]:
    """Make what looks in one place: a key, or what is stated or decided, None where nothing is.

    ``{value}`` in the message is what stands there. ``when`` tells whether it is wrong, by itself
    always.
    """

    def find(case: Case) -> Iterator[Problem]:
        found = where if isinstance(where, tuple) else where(case)
        if found is None or not when(case):
            return
        if isinstance(found, tuple):
            yield Problem(found, message, hint)
        else:
            yield Problem(found.path, message.replace("{value}", found.value or ""), hint)

    return find


def one_of(found: PlaceT | None, *values: str) -> PlaceT | None:
    """Give what was found where its value is one of these, else None."""
    return found if found is not None and found.value in values else None


def drafting(case: Case) -> Decision[str] | None:
    """Give the speculation with the model's own draft or the checkpoint's; None for none."""
    return case.resolved.eagle if case.resolved.eagle.value else None


def named(*names: str) -> tuple[Rule, ...]:
    """Give the checks of these names, each of which is that of its module."""
    modules = (name.replace("-", "_") for name in names)
    return tuple(import_module(f"deployer.check.checks.{one}").RULE for one in modules)


def each_judged(case: Case, *asks: Callable[[Case], Iterator[Problem]]) -> Iterator[Problem]:
    """Ask several questions of one check, each as far as the profile is known.

    Raises the error of the last that met a part that is not, when all have been asked.
    """
    unknown: AttributeError | UnsoundError | None = None
    for ask in asks:
        try:
            yield from ask(case)
        except UnsoundError as error:
            unknown = error
        except AttributeError as error:
            unknown = error
            if not is_unknown(error):
                raise
    if unknown is not None:
        raise unknown
