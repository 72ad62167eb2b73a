"""Which of all apps on Modal are deployer's, whatever is on record here: their tags say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.modal.records import Record
from deployer.apply.modal.tags import DIGEST, PROFILE, is_ours, profile_tag
from deployer.errors import Failure

if TYPE_CHECKING:
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

        What is deployed goes before what has ended; what merely runs, or ran, is left out.
        """
        found = [app for app in self.apps if _means(app, name) and app.state != RUNNING]
        live = tuple(app for app in found if app.state != "stopped")
        return live or tuple(app for app in found if _was_deployed(account, app))[-1:]

    def phases(self, name: str) -> tuple[ListedApp, ...]:
        """Give the phases of an apply that still run for a name: of the app, or the profile."""
        return tuple(app for app in self.ours() if _means(app, name) and app.state == RUNNING)


def list_apps(account: Account) -> Listing:
    """List the apps of every environment of the workspace. Raises Failure where Modal does not."""
    found = account.environments()
    apps = tuple(app for name in found.names for app in account.apps(name))
    return Listing(found.names, apps, found.unlisted)


def phases_of(account: Account, app_name: str) -> tuple[ListedApp, ...]:
    """Give the phases of an apply that still run for an app, in the account's environment.

    Each is an app of its own, of the same name, that is not deployed; only those with deployer's
    tags are given. Whether somebody still waits for one, Modal does not tell. Raises Failure where
    Modal does not list them.
    """
    apps = account.apps(account.environment, app_name)
    return tuple(app for app in apps if is_ours(app.tags) and app.state == RUNNING)


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
    return app.name == name or app.tags.get(PROFILE) == profile_tag(name)
