"""Everything that is asked of Modal, through Modal's own client.

Where the client has a public call it is used; its history, rollback, lifecycle and scheduling
parameters are only in its command line, so they are asked for here by the same RPCs. This is the
one module that knows those: the range of the client in ``pyproject.toml`` is what its tests run on.
"""

from __future__ import annotations

import copy
import os
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

import modal
from google.protobuf.empty_pb2 import Empty
from modal.config import config
from modal_proto import api_pb2

from deployer.apply.modal.remote import SERVER
from deployer.apply.modal.rpc import NotFoundFailure, answer, answers, bounded
from deployer.apply.modal.stream import follow
from deployer.apply.modal.things import (
    STATES,
    AppFacts,
    Environments,
    HistoryEntry,
    ListedApp,
    ServerFacts,
)
from deployer.apply.modal.words import in_words
from deployer.apply.unseen import GOES_ON, token_missing
from deployer.errors import Failure, NotReached

if TYPE_CHECKING:
    from deployer.release import Release


REACH = 10.0
"""Seconds in which Modal's address must take a connection."""


class Account:
    """One environment of a Modal workspace.

    ``environment`` is '' for the one that the user's configuration names. Raises NotAsked where
    there is no token, NotReached where nobody answers; every method raises Failure for what Modal
    refuses, in words.
    """

    def __init__(self, environment: str = "") -> None:
        if not has_token():
            raise token_missing()
        _refuse_unreachable(str(config["server_url"]))
        self.environment = environment or str(config["environment"] or "")

    def at(self, environment: str) -> Account:
        """Give the same workspace's account at another environment; nothing is asked."""
        other = copy.copy(self)
        other.environment = environment
        return other

    def environments(self) -> Environments:
        """Name all of the workspace's environments, this one first.

        Only this one where the token may not list them, and why.
        """
        try:
            found = answer("EnvironmentList", Empty()).items
        except Failure as failure:
            if isinstance(failure, NotReached):
                raise
            return Environments((self.environment,), failure.message)
        default = next((one.name for one in found if one.default), "")
        first = self.environment or default
        return Environments((first, *(one.name for one in found if one.name != first)))

    def apps(self, environment: str) -> tuple[ListedApp, ...]:
        """List the apps of an environment that run, are deployed, or were so lately; with tags."""
        request = api_pb2.AppListRequest(environment_name=environment)
        found = answer("AppList", request).apps
        asked = [api_pb2.AppGetTagsRequest(app_id=one.app_id) for one in found]
        tags = answers("AppGetTags", asked)
        return tuple(
            ListedApp(
                id=one.app_id,
                # Only what is deployed has a name; the others have what they were called.
                name=one.name or one.description,
                environment=environment,
                state=STATES.get(one.state, "running"),
                containers=one.n_running_tasks,
                created_at=one.created_at,
                tags=dict(its.tags),
            )
            for one, its in zip(found, tags, strict=True)
            if its is not None
        )

    def app(self, name: str) -> AppFacts | None:
        """Look an app up by its name; None where none was ever deployed."""
        request = api_pb2.AppGetByDeploymentNameRequest(
            name=name, environment_name=self.environment
        )
        found = answer("AppGetByDeploymentName", request)
        app_id = found.app_id or found.previous_app_id
        if not app_id:
            return None
        life = found.lifecycle
        return AppFacts(
            id=app_id,
            state=STATES.get(life.app_state, "running"),
            version=life.version,
            deployed_at=life.deployed_at,
            deployed_by=life.deployed_by,
            stopped_at=life.stopped_at,
        )

    def history(self, app: AppFacts) -> tuple[HistoryEntry, ...]:
        """Give every version of an app, the newest first."""
        request = api_pb2.AppDeploymentHistoryRequest(app_id=app.id)
        found = answer("AppDeploymentHistory", request)
        entries = sorted(found.app_deployment_histories, key=lambda e: -int(e.version))
        newest = entries[0].version if entries else 0
        current = found.production_app_version or newest
        return tuple(
            HistoryEntry(
                version=e.version,
                tag=e.tag,
                deployed_at=e.deployed_at,
                deployed_by=e.deployed_by,
                commit=e.commit_info.commit_hash,
                dirty=e.commit_info.dirty,
                rollback_of=e.rollback_version,
                current=e.version == current,
            )
            for e in entries
        )

    def tags(self, app: AppFacts) -> dict[str, str]:
        """Give an app's tags."""
        return dict(answer("AppGetTags", api_pb2.AppGetTagsRequest(app_id=app.id)).tags)

    def rollback(self, app: AppFacts, version: int) -> None:
        """Make an older version the current one, as a new version."""
        answer("AppRollback", api_pb2.AppRollbackRequest(app_id=app.id, version=version))

    def set_tags(self, app: AppFacts, tags: dict[str, str]) -> None:
        """Replace an app's tags."""
        answer("AppSetTags", api_pb2.AppSetTagsRequest(app_id=app.id, tags=tags))

    def stop(self, app: AppFacts | ListedApp) -> None:
        """End an app and its containers."""
        source = api_pb2.APP_STOP_SOURCE_PYTHON_CLIENT
        answer("AppStop", api_pb2.AppStopRequest(app_id=app.id, source=source))

    def containers(self, app: AppFacts) -> tuple[str, ...]:
        """Give the ids of an app's containers that run or start."""
        request = api_pb2.TaskListRequest(environment_name=self.environment, app_id=app.id)
        return tuple(task.task_id for task in answer("TaskList", request).tasks)

    def server(self, release: Release) -> ServerFacts | None:
        """Give what runs the server of a release's app; None where that app has none."""
        if release.modal is None:
            return None
        tag = SERVER if release.modal.endpoint == "server" else f"{SERVER}.*"
        request = api_pb2.FunctionGetRequest(
            app_name=release.modal.app, object_tag=tag, environment_name=self.environment
        )
        try:
            found = answer("FunctionGet", request)
        except NotFoundFailure:
            return None
        scheduling = answer(
            "FunctionGetSchedulingParams",
            api_pb2.FunctionGetSchedulingParamsRequest(function_id=found.function_id),
        ).autoscaler_configuration
        data = found.function
        urls = [*data.flash_service_urls, *(m.web_url for m in data.method_definitions.values())]
        return ServerFacts(
            id=found.function_id,
            url=next((url for url in urls if url), ""),
            definition=data,
            static=scheduling.static_settings,
            override=scheduling.override_settings,
        )

    def secret_problem(self, name: str, variable: str) -> str:
        """Say what is wrong with a secret; '' where it is there and holds the variable."""
        secret = modal.Secret.from_name(
            name,
            environment_name=self.environment or None,
            required_keys=[variable] if variable else [],
        )
        try:
            bounded(secret.hydrate)
        except modal.exception.AuthError as error:
            raise in_words(error) from error
        except (modal.exception.Error, OSError) as error:
            failure = in_words(error)
            if isinstance(failure, NotReached):  # nothing was said of the secret
                raise failure from error
            return str(error)
        return ""

    def read(self, volume: str, path: str) -> bytes | None:
        """Read a file of a volume; None where there is no such file, or no such volume."""
        handle = modal.Volume.from_name(volume, environment_name=self.environment or None)
        try:
            return bounded(lambda: b"".join(handle.read_file(path)))
        except (FileNotFoundError, modal.exception.NotFoundError):
            return None
        except (modal.exception.Error, OSError) as error:
            raise in_words(error) from error

    def write(self, volume: str, path: str, data: bytes) -> None:
        """Write a file into a volume, which is created where it is missing."""
        import io  # noqa: PLC0415 - small, and used here only

        try:
            handle = modal.Volume.from_name(
                volume, environment_name=self.environment or None, create_if_missing=True
            )
            with handle.batch_upload(force=True) as batch:
                batch.put_file(io.BytesIO(data), path)
        except (modal.exception.Error, OSError) as error:
            raise in_words(error) from error

    def volume_id(self, volume: str) -> str:
        """Give a volume's id; '' where there is none."""
        try:
            handle = modal.Volume.from_name(volume, environment_name=self.environment or None)
            bounded(handle.hydrate)
        except modal.exception.NotFoundError:
            return ""
        except (modal.exception.Error, OSError) as error:
            raise in_words(error) from error
        return handle.object_id

    def delete_volume(self, volume: str) -> bool:
        """Delete a volume and all that is in it; False where there is none."""
        volume_id = self.volume_id(volume)
        if volume_id:
            request = api_pb2.VolumeDeleteRequest(
                volume_id=volume_id, environment_name=self.environment
            )
            answer("VolumeDelete", request)
        return bool(volume_id)

    def logs(self, app_id: str, until: Callable[[], bool]) -> Iterator[tuple[float, str]]:
        """Follow an app's log from now on: each line and when it was written, until told.

        Ends with the app. ``until`` is asked at least once a second.
        """
        return follow(app_id, until)


def _refuse_unreachable(url: str) -> None:
    """Raise NotReached where nobody listens: the client itself tries for about a minute.

    Where the environment names proxies, one of them must listen; the way behind it is left to the
    client.
    """
    proxies = {kind: at for kind, at in getproxies().items() if kind in PROXIES}
    if not proxies:
        if trouble := _refused(url):
            message = f"Modal cannot be reached at {urlsplit(url).hostname}: {trouble}"
            raise NotReached(message, hint=GOES_ON)
        return
    troubles = {kind: trouble for kind, at in proxies.items() if (trouble := _refused(at))}
    if len(troubles) == len(proxies):
        kind = next(iter(troubles))
        named = f"{urlsplit(proxies[kind]).hostname} ({kind.upper()}_PROXY)"
        message = f"Modal cannot be reached through the proxy {named}: {troubles[kind]}"
        raise NotReached(message, hint=GOES_ON)


PROXIES = frozenset({"http", "https", "all", "grpc"})
"""The kinds of proxy that may stand between here and Modal."""


def _refused(url: str) -> str:
    """Say why nobody can be reached at an address; the empty text where somebody is."""
    try:
        found = urlsplit(url)
        port = found.port or (443 if found.scheme == "https" else 80)
        socket.create_connection((found.hostname or "", port), REACH).close()
    except ValueError:
        return "it is no address"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def has_token() -> bool:
    """Tell whether Modal's client has credentials: no message is sent."""
    if os.environ.get("MODAL_IS_REMOTE") == "1":
        return True
    names = ("token_id", "oauth_refresh_token")
    return any(bool(config.get(name)) for name in names)
