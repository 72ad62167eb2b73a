"""Which of all apps on Modal are deployer's, whatever is on record here: their tags say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.modal.records import Record
from deployer.apply.modal.tags import CANDIDATE, DIGEST, PROFILE, is_ours, profile_tag
from deployer.errors import Failure
from deployer.plan.candidate import candidate_name
from deployer.plan.standing import DEPLOYED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.things import ListedApp

RUNNING = "running"
"""The state of an app that is not deployed: an apply's phase is under way in it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All apps of the environments that were asked.

    ``unlisted`` says why there may be other environments, and is empty where there is none.
    """

    environments: tuple[str, ...]
    apps: tuple[ListedApp, ...]
    unlisted: str = ""

    def ours(self) -> tuple[ListedApp, ...]:
        """Give those that deployer deployed, or runs a phase in, and that have not ended."""
        return tuple(app for app in self.apps if is_ours(app.tags) and app.state != "stopped")

    def named(self, account: Account, name: str) -> tuple[ListedApp, ...]:
        """Give what a name may mean: an app of that name, or of a profile of that name.

        What is deployed goes before what has ended; what merely runs, or ran, is left out. A
        candidate is meant by its own name only.
        """
        found = [app for app in self.apps if _means(app, name) and not _is_begun(app, name)]
        live = tuple(app for app in found if app.state != "stopped")
        return live or tuple(app for app in found if _was_deployed(account, app))[-1:]

    def phases(self, name: str) -> tuple[ListedApp, ...]:
        """Give what an apply has begun for a name, of the app or the profile: phases last."""
        found = [app for app in self.ours() if _means(app, name) and _is_begun(app, name)]
        return tuple(sorted(found, key=lambda app: app.state == RUNNING))


def list_apps(account: Account) -> Listing:
    """List the apps of every environment of the workspace. Raises Failure where Modal does not."""
    found = account.environments()
    apps = tuple(app for name in found.names for app in account.apps(name))
    return Listing(found.names, apps, found.unlisted)


def phases_of(account: Account, app_name: str) -> tuple[ListedApp, ...]:
    """Give what an apply has begun for an app and not ended, in the account's environment.

    A phase that runs is an app of its own, of the same name, that is not deployed. A candidate is
    deployed, under a name of its own. Only those with deployer's tags are given. Whether somebody
    still waits for one, Modal does not tell. Raises Failure where Modal does not list them.
    """
    apps = account.apps(account.environment, app_name, candidate_name(app_name))
    return tuple(app for app in apps if is_ours(app.tags) and _is_of(app, app_name))


def candidate_of(tags: Mapping[str, str]) -> str:
    """Give the app that an app is a candidate of; '' where it is none."""
    return tags.get(CANDIDATE, "")


def record_of(app: ListedApp) -> Record:
    """Give what an app says of itself in the form of a record; nothing is written."""
    return Record(
        name=app.tags[PROFILE],
        app=app.name,
        environment=app.environment,
        endpoint="",
        digest=app.tags[DIGEST],
        version=0,
        when=0.0,
        url="",
    )


def refuse_stranger(app: str, environment: str, tags: dict[str, str]) -> None:
    """Raise Failure for an app that carries none of deployer's tags, with how it is ended."""
    if not is_ours(tags):
        message = f"the app `{app}` on Modal is not deployer's: it carries none of its tags"
        where = f" -e {environment}" if environment else ""
        hint = f"if it is to end all the same, `modal app stop {app}{where}` ends it"
        raise Failure(message, hint=hint)


def _was_deployed(account: Account, app: ListedApp) -> bool:
    """Tell a deployment that has ended from a phase of an apply that has."""
    last = account.at(app.environment).app(app.name)
    return last is not None and last.id == app.id


def _means(app: ListedApp, name: str) -> bool:
    return name in {app.name, candidate_of(app.tags)} or app.tags.get(PROFILE) == profile_tag(name)


def _is_begun(app: ListedApp, name: str) -> bool:
    """Tell a phase, or a candidate that is not meant by its own name."""
    return app.state == RUNNING or (bool(candidate_of(app.tags)) and app.name != name)


def _is_of(app: ListedApp, app_name: str) -> bool:
    if candidate_of(app.tags):
        return candidate_of(app.tags) == app_name and app.state == DEPLOYED
    return app.name == app_name and app.state == RUNNING
