"""Everything that is asked of Modal, through Modal's own client.

Where the client has a public call it is used; its history, rollback, lifecycle and scheduling
parameters are only in its command line, so they are asked for here by the same RPCs. This is the
one module that knows those: the range of the client in ``pyproject.toml`` is what its tests run on.
"""

from __future__ import annotations

import copy
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import modal
from google.protobuf.empty_pb2 import Empty
from modal.config import config
from modal_proto import api_pb2

from deployer.apply.modal.address import control_planes
from deployer.apply.modal.remote import SERVER
from deployer.apply.modal.rpc import (
    CLIENT_ERRORS,
    NotFoundFailure,
    again,
    answer,
    answers,
    gathered,
    raised,
    told,
)
from deployer.apply.modal.stream import Line, follow
from deployer.apply.modal.things import (
    STATES,
    AppFacts,
    ContainerFacts,
    Environments,
    HistoryEntry,
    ListedApp,
    ServerFacts,
)
from deployer.apply.modal.words import in_words
from deployer.apply.patience import current
from deployer.apply.unseen import GOES_ON, token_missing
from deployer.errors import Failure, NotReached

if TYPE_CHECKING:
    from deployer.release import Release


WELL = frozenset({
    api_pb2.GenericResult.GENERIC_STATUS_UNSPECIFIED,
    api_pb2.GenericResult.GENERIC_STATUS_SUCCESS,
})  # fmt: skip
"""What Modal says of a container that runs, or ended as it should."""

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
        _refuse_unreachable(control_planes())
        self.environment = environment or str(config["environment"] or "")

    def at(self, environment: str) -> Account:
        """Give the same workspace's account at another environment; nothing is asked."""
        other = copy.copy(self)
        other.environment = environment
        return other

    def anew(self) -> Account:
        """Give an account that remembers nothing, by which something may be changed."""
        return self

    def changed(self) -> None:
        """Hear that something may have been changed: what is remembered of it does not hold."""

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

    def apps(self, environment: str, *named: str) -> tuple[ListedApp, ...]:
        """List the apps of an environment that run, are deployed, or were so lately; with tags.

        With ``named`` only those of these names.
        """
        request = api_pb2.AppListRequest(environment_name=environment)
        found = [
            one
            for one in answer("AppList", request).apps
            if not named or not {one.name, one.description}.isdisjoint(named)
        ]
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
        return _app_facts(name, answer("AppGetByDeploymentName", self._named(name)))

    def apps_named(self, names: Sequence[str]) -> list[AppFacts | None]:
        """Look many apps up at a time."""
        found = answers("AppGetByDeploymentName", [self._named(name) for name in names])
        return [
            None if one is None else _app_facts(name, one)
            for name, one in zip(names, found, strict=True)
        ]

    def _named(self, name: str) -> Any:  # noqa: ANN401 - a protocol message
        return api_pb2.AppGetByDeploymentNameRequest(name=name, environment_name=self.environment)

    def history(self, app: AppFacts) -> tuple[HistoryEntry, ...]:
        """Give every version of an app, the newest first."""
        request = api_pb2.AppDeploymentHistoryRequest(app_id=app.id)
        return _entries(answer("AppDeploymentHistory", request))

    def histories(self, apps: Sequence[AppFacts]) -> list[tuple[HistoryEntry, ...]]:
        """Give every version of many apps."""
        asked = [api_pb2.AppDeploymentHistoryRequest(app_id=app.id) for app in apps]
        return [
            () if one is None else _entries(one) for one in answers("AppDeploymentHistory", asked)
        ]

    def tags(self, app: AppFacts) -> dict[str, str]:
        """Give an app's tags."""
        return dict(answer("AppGetTags", api_pb2.AppGetTagsRequest(app_id=app.id)).tags)

    def rollback(self, app: AppFacts, version: int) -> None:
        """Make an older version the current one, as a new version."""
        answer("AppRollback", api_pb2.AppRollbackRequest(app_id=app.id, version=version))

    def keep_up(self, server: ServerFacts, containers: int) -> None:
        """Let so many containers of a server stay up, until the next deployment or change."""
        settings = api_pb2.AutoscalerSettings(min_containers=containers)
        request = api_pb2.FunctionUpdateSchedulingParamsRequest(
            function_id=server.id, settings=settings
        )
        answer("FunctionUpdateSchedulingParams", request)

    def set_tags(self, app: AppFacts, tags: dict[str, str]) -> None:
        """Replace an app's tags."""
        answer("AppSetTags", api_pb2.AppSetTagsRequest(app_id=app.id, tags=tags))

    def stop(self, app_id: str) -> None:
        """End an app and its containers."""
        source = api_pb2.APP_STOP_SOURCE_PYTHON_CLIENT
        answer("AppStop", api_pb2.AppStopRequest(app_id=app_id, source=source))

    def containers(self, app_id: str) -> tuple[ContainerFacts, ...]:
        """Give an app's containers that run or start."""
        request = api_pb2.TaskListRequest(environment_name=self.environment, app_id=app_id)
        return tuple(
            ContainerFacts(task.task_id, task.enqueued_at or task.started_at)
            for task in answer("TaskList", request).tasks
        )

    def is_called(self, app_id: str) -> bool:
        """Tell whether a function of an app has a call that waits for a container."""
        layout = answer("AppGetLayout", api_pb2.AppGetLayoutRequest(app_id=app_id)).app_layout
        asked = [
            api_pb2.FunctionGetCurrentStatsRequest(function_id=function_id)
            for function_id in layout.function_ids.values()
        ]
        found = answers("FunctionGetCurrentStats", asked)
        return any(one.backlog > 0 for one in found if one is not None)

    def container(self, task_id: str) -> ContainerFacts:
        """Say how a container stands, or how it ended."""
        found = answer("TaskGetInfo", api_pb2.TaskGetInfoRequest(task_id=task_id)).info
        result = found.result
        failed = result.status not in WELL
        said = result.exception or (f"exit code {result.exitcode}" if result.exitcode else "")
        return ContainerFacts(
            task_id,
            found.enqueued_at or found.started_at,
            ended=bool(found.finished_at),
            cause=(said or "it ended, and Modal does not say why") if failed else "",
        )

    def server(self, release: Release, app: str = "") -> ServerFacts | None:
        """Give what runs the server of a release's app; None where that app has none.

        ``app`` is where it is deployed, '' for the app that the release names.
        """
        request = self._server(release, app)
        if request is None:
            return None
        try:
            found = answer("FunctionGet", request)
        except NotFoundFailure:
            return None
        scheduling = answer(
            "FunctionGetSchedulingParams",
            api_pb2.FunctionGetSchedulingParamsRequest(function_id=found.function_id),
        ).autoscaler_configuration
        return ServerFacts(
            id=found.function_id,
            url=_url(found),
            definition=found.function,
            static=scheduling.static_settings,
            override=scheduling.override_settings,
        )

    def urls(self, releases: Sequence[Release]) -> list[str]:
        """Give the addresses of the servers of many releases' apps; '' for each without one."""
        asked = [self._server(release) for release in releases]
        found = iter(answers("FunctionGet", [one for one in asked if one is not None]))
        ours = [None if one is None else next(found) for one in asked]
        return ["" if one is None else _url(one) for one in ours]

    def _server(self, release: Release, app: str = "") -> Any:  # noqa: ANN401 - a protocol message
        if release.modal is None:
            return None
        tag = SERVER if release.modal.endpoint == "server" else f"{SERVER}.*"
        return api_pb2.FunctionGetRequest(
            app_name=app or release.modal.app, object_tag=tag, environment_name=self.environment
        )

    def secret_problem(self, name: str, *variables: str) -> str:
        """Say what is wrong with a secret; '' where it is there and holds the variables.

        Raises Failure where Modal did not say: what could not be read is not missing.
        """
        secret = modal.Secret.from_name(
            name,
            environment_name=self.environment or None,
            required_keys=[each for each in variables if each],
        )
        try:
            raised(f"the secret {name}", secret.hydrate.aio)
        except (modal.exception.NotFoundError, modal.exception.InvalidError) as error:
            return str(error)  # a key that is missing is a conflict, which is a kind of invalid
        except CLIENT_ERRORS as error:
            raise in_words(error) from error
        return ""

    def read(self, volume: str, path: str) -> bytes | None:
        """Read a file of a volume; None where there is no such file, or no such volume."""
        return self.read_each(volume, (path,))[0]

    def read_each(self, volume: str, paths: Sequence[str]) -> list[bytes | None]:
        """Read files of a volume, many at a time; None for each that is not there."""
        handle = self._volume(volume)
        if handle is None:
            return [None] * len(paths)

        async def one(path: str) -> bytes | None:
            try:
                return b"".join([piece async for piece in handle.read_file.aio(path)])
            except (FileNotFoundError, modal.exception.NotFoundError):
                return None

        questions = [partial(one, path) for path in paths]
        return gathered(f"files of the volume {volume}", questions)

    def sizes(self, volume: str, folder: str) -> dict[str, int]:
        """Give the files below a folder of a volume: their paths in there, and their bytes."""
        handle = self._volume(volume)
        if handle is None:
            return {}

        async def listed() -> dict[str, int]:
            entries = await handle.listdir.aio(folder, recursive=True)
            return {
                str(PurePosixPath(entry.path.lstrip("/")).relative_to(folder)): entry.size
                for entry in entries
                if int(entry.type) == api_pb2.FileEntry.FILE
            }

        try:
            return told(f"the files of the volume {volume}", partial(again, listed))
        except NotFoundFailure:
            return {}

    def write(self, volume: str, path: str, data: bytes) -> None:
        """Write a file into a volume, which is created where it is missing."""
        import io  # noqa: PLC0415 - small, and used here only

        handle = modal.Volume.from_name(
            volume, environment_name=self.environment or None, create_if_missing=True
        )

        async def put() -> None:
            async with handle.batch_upload(force=True) as batch:
                batch.put_file(io.BytesIO(data), path)

        told(f"the volume {volume}", put)

    def volume_id(self, volume: str) -> str:
        """Give a volume's id; '' where there is none."""
        handle = self._volume(volume)
        return "" if handle is None else handle.object_id

    def _volume(self, name: str) -> Any:  # noqa: ANN401 - the client's types are made at run time
        """Look a volume up; None where there is none."""
        handle = modal.Volume.from_name(name, environment_name=self.environment or None)
        try:
            told(f"the volume {name}", handle.hydrate.aio)
        except NotFoundFailure:
            return None
        return handle

    def delete_volume(self, volume: str) -> bool:
        """Delete a volume and all that is in it; False where there is none."""
        volume_id = self.volume_id(volume)
        if volume_id:
            request = api_pb2.VolumeDeleteRequest(
                volume_id=volume_id, environment_name=self.environment
            )
            answer("VolumeDelete", request)
        return bool(volume_id)

    def logs(
        self,
        app_id: str,
        until: Callable[[], bool],
        trouble: Callable[[str], None] = lambda _: None,
    ) -> Iterator[Line | None]:
        """Follow an app's log: each line, and None where there is no more for now, until told.

        Ends with the app. ``until`` is asked at least once a second; ``trouble`` hears why a
        question is asked again.
        """
        return follow(app_id, until, trouble)


def _app_facts(name: str, found: Any) -> AppFacts | None:  # noqa: ANN401 - a protocol message
    app_id = found.app_id or found.previous_app_id
    if not app_id:
        return None
    life = found.lifecycle
    if life.app_state == api_pb2.APP_STATE_UNSPECIFIED:
        message = f"Modal knows the app `{name}`, and did not say how it stands"
        raise NotReached(message, hint="try again; `modal app list` shows what it says of all")
    return AppFacts(
        id=app_id,
        state=STATES.get(life.app_state, "running"),
        version=life.version,
        deployed_at=life.deployed_at,
        deployed_by=life.deployed_by,
        stopped_at=life.stopped_at,
        name=name,
    )


def _entries(found: Any) -> tuple[HistoryEntry, ...]:  # noqa: ANN401 - as above
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


def _url(found: Any) -> str:  # noqa: ANN401 - as above
    data = found.function
    urls = [*data.flash_service_urls, *(m.web_url for m in data.method_definitions.values())]
    return next((url for url in urls if url), "")


def _refuse_unreachable(urls: Sequence[str]) -> None:
    """Raise NotReached where nobody listens anywhere: the client itself tries for about a minute.

    Where the environment names proxies, one of them must listen; the way behind it is left to the
    client.
    """
    proxies = {kind: at for kind, at in getproxies().items() if kind in PROXIES}
    if not proxies:
        refused: list[str] = []
        for url in urls:
            if not (trouble := _refused(url)):
                return
            refused.append(f"at {urlsplit(url).hostname}: {trouble}")
        message = f"Modal cannot be reached {', nor '.join(refused)}"
        raise NotReached(message, hint=GOES_ON)
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
        with current().waiting(f"a connection to {found.hostname}"):
            reach = current().bound(REACH)
            socket.create_connection((found.hostname or "", port), reach).close()
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
