"""What a name or a profile's path on the command line stands for, on whichever target."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from deployer.apply.local import target as local
from deployer.apply.modal import target as modal
from deployer.cli.layers import environment
from deployer.errors import DeployerError, NotAsked, NotThere

if TYPE_CHECKING:
    from deployer.apply.modal.listing import Listing
    from deployer.apply.target import Place, Target
    from deployer.cli.manner import Asked, Manner
    from deployer.cli.planning import Meant


class Carrier(Protocol):
    """What asks a person about one target, and shows what came of it. Each gives an exit code."""

    def plan_profile(self, meant: Meant, asked: Asked) -> int:
        """Show what an apply would do."""

    def apply_profile(self, meant: Meant, manner: Manner, key_env: str | None) -> int:
        """Carry a profile out; ``key_env`` is the variable of its key that the user agreed to."""

    def rehearse_profile(self, meant: Meant, manner: Manner, minutes: int) -> int:
        """Start it once without its weights, for so many minutes at most, and take it away."""

    def status_text(self, one: Any) -> str:  # noqa: ANN401 - the target's own form of it
        """Write how a deployment stands."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A target: where its deployments are found, and the name of its :class:`Carrier` module."""

    place: Place
    carrier: str


TARGETS = {
    "local": Kind(local, "deployer.cli.apply_local"),
    "modal": Kind(modal, "deployer.cli.apply_modal"),
}
"""Each target by its name in a profile, in the order in which a name is looked for."""


def carrier(target: str) -> Carrier:
    """Give what plans, applies and shows what is for this target."""
    return cast("Carrier", import_module(TARGETS[target].carrier))


def places() -> tuple[Place, ...]:
    """Give where deployments are found, this machine first."""
    return tuple(kind.place for kind in TARGETS.values())


def target_of(given: str, *, offline: bool = False, leftovers: bool = False) -> Target:
    """Find out what is meant: a profile's path, or a name on record here, or one that Modal knows.

    A name that is used in several places stands for the one on this machine; the path of a profile
    is never ambiguous. With an environment a name stands for what is in that one of Modal's. With
    ``leftovers`` a name may also stand for what is left of a deployment, or of an apply.
    Raises NotThere for a name that stands for nothing, NotAsked and NotReached where it is not
    known whether it does, UsageError for one that stands for several things.
    """
    if given.endswith((".yaml", ".yml")):
        from deployer.cli.reading import read_release  # noqa: PLC0415 - only for a path

        release = read_release(given)
        return TARGETS[release.target].place.of_release(release)
    for place in places():
        if found := place.on_record(given, environment(), leftovers=leftovers):
            return found
    return _asked(given, offline=offline, leftovers=leftovers)


def _asked(given: str, *, offline: bool, leftovers: bool) -> Target:
    """Ask Modal for a name of which nothing is on record here."""
    from deployer.apply.modal.accounts import ask_modal  # noqa: PLC0415 - only for such a name
    from deployer.apply.unseen import OFFLINE, nobody_knows  # noqa: PLC0415 - as above

    hint = _near(given)
    try:
        if offline:
            raise NotAsked(OFFLINE)
        account, listing = ask_modal()
    except DeployerError as why:
        failure = nobody_knows(given, why)
        failure.hint = _joined(hint, failure.hint)
        raise failure from why
    found = modal.listed(account, listing, given, environment(), leftovers=leftovers)
    if found is None:
        raise _nothing(given, listing, hint)
    return found


def _nothing(given: str, listing: Listing, hint: str) -> NotThere:
    from deployer.apply.unseen import asked_words, not_there  # noqa: PLC0415 - only for a mistake

    asked = asked_words(listing.environments, listing.unlisted)
    where = f"on this machine or on Modal (asked in {asked})"
    names = sorted({app.name for app in listing.ours()})
    if listing.phases(given):
        hint = f"an apply runs there: `deployer destroy {given}` ends it"
    elif near := difflib.get_close_matches(given, names, n=1):
        hint = f"did you mean `{near[0]}`?"
    elif names:
        hint = f"deployed on Modal: {', '.join(names)}"
    return not_there(given, where, hint=hint)


def _joined(near: str, hint: str) -> str:
    """Put two hints on one line; a question is at its end already."""
    return (" " if near.endswith("?") else "; ").join(part for part in (near, hint) if part)


def _near(given: str) -> str:
    """Say what is known here that may have been meant."""
    names = [name for place in places() for name in place.names()]
    if near := difflib.get_close_matches(given, names, n=1):
        return f"did you mean `{near[0]}`?"
    return f"on record here: {', '.join(sorted(set(names)))}" if names else ""
