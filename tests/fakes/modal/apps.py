"""Apps: their life, their functions and classes, their history, their autoscalers."""

from __future__ import annotations

import copy
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from tests.fakes.modal.state import App, Version, identity

if TYPE_CHECKING:
    from tests.fakes.modal.edge import Edge
    from tests.fakes.modal.state import State
    from tests.fakes.modal.worker import Worker

WHO = "somebody@example.com"

KEEPS_DETACHED = {
    api_pb2.APP_DISCONNECT_REASON_KEYBOARD_INTERRUPT,
    api_pb2.APP_DISCONNECT_REASON_LOCAL_EXCEPTION,
}
"""Ends of a client after which a detached app goes on: an assumption, from what the client prints
("The detached App will keep running")."""


class Apps:
    """The handlers of these RPCs."""

    state: State
    url: str
    edge: Edge
    worker: Worker
    rollback_brings_tags: bool
    """Nobody has published whether a rollback brings the old tags back, too."""

    async def app_get_by_deployment_name(
        self, request: api_pb2.AppGetByDeploymentNameRequest
    ) -> api_pb2.AppGetByDeploymentNameResponse:
        environment = self._environment(request.environment_name)
        app = self.state.deployed(request.name, environment)
        named = [
            a
            for a in self.state.apps.values()
            if (a.name, a.environment) == (request.name, environment)
        ]
        before = "" if app or not named else named[-1].id
        shown = app or (named[-1] if named else None)
        return api_pb2.AppGetByDeploymentNameResponse(
            app_id=app.id if app else "",
            previous_app_id=before,
            environment_name=environment,
            lifecycle=_lifecycle(shown) if shown else None,
        )

    async def app_list(self, request: api_pb2.AppListRequest) -> api_pb2.AppListResponse:
        """List an environment's apps.

        The client's command line shows ``description``, its object API ``name``, and both take
        stopped apps out by ``state``. That only a deployed app has a name, and that stopped ones
        are listed for a while, is what its documentation suggests: an assumption.
        """
        environment = self._environment(request.environment_name)
        return api_pb2.AppListResponse(
            apps=[
                api_pb2.AppListResponse.AppListItem(
                    app_id=app.id,
                    name=app.name if app.deployed else "",
                    description=app.name,
                    state=app.state,
                    created_at=app.created_at,
                    stopped_at=app.stopped_at,
                    n_running_tasks=len(self.worker.running(app)),
                )
                for app in self.state.apps.values()
                if app.environment == environment
            ]
        )

    async def app_get_or_create(
        self, request: api_pb2.AppGetOrCreateRequest
    ) -> api_pb2.AppGetOrCreateResponse:
        app = self.state.deployed(request.app_name, self._environment(request.environment_name))
        if app is None:
            raise GRPCError(Status.NOT_FOUND, f"App '{request.app_name}' not found")
        return api_pb2.AppGetOrCreateResponse(
            app_id=app.id,
            handle_metadata=api_pb2.AppHandleMetadata(
                description=app.name, app_id=app.id, lifecycle=_lifecycle(app)
            ),
        )

    async def app_create(self, request: api_pb2.AppCreateRequest) -> api_pb2.AppCreateResponse:
        app = App(
            id=identity("ap", request.description, time.time_ns()),
            name=request.description,
            environment=self._environment(request.environment_name),
            state=request.app_state,
            created_at=time.time(),
            tags=dict(request.tags),
        )
        self.state.apps[app.id] = app
        return api_pb2.AppCreateResponse(app_id=app.id, app_page_url=f"{self.url}/apps/{app.id}")

    async def app_get_layout(
        self, request: api_pb2.AppGetLayoutRequest
    ) -> api_pb2.AppGetLayoutResponse:
        return api_pb2.AppGetLayoutResponse(app_layout=self.layout(self._app(request.app_id)))

    async def app_heartbeat(self, request: api_pb2.AppHeartbeatRequest) -> Empty:
        self._app(request.app_id).heard_at = time.monotonic()
        return Empty()

    async def lapse(self, seconds: float = 0.0) -> None:
        """End the ephemeral apps whose clients gave no sign of life for so long, as Modal does."""
        for app in list(self.state.apps.values()):
            silent = time.monotonic() - app.heard_at >= seconds
            if app.state == api_pb2.APP_STATE_EPHEMERAL and silent:
                await self._end(app)

    async def function_precreate(
        self, request: api_pb2.FunctionPrecreateRequest
    ) -> api_pb2.FunctionPrecreateResponse:
        app = self._app(request.app_id)
        function_id = request.existing_function_id or identity("fu", app.id, request.function_name)
        app.functions[request.function_name] = function_id
        return api_pb2.FunctionPrecreateResponse(
            function_id=function_id,
            handle_metadata=api_pb2.FunctionHandleMetadata(
                function_name=request.function_name, function_type=request.function_type
            ),
        )

    async def function_create(
        self, request: api_pb2.FunctionCreateRequest
    ) -> api_pb2.FunctionCreateResponse:
        app = self._app(request.app_id)
        definition, ranked = request.function, request.function_data.ranked_functions
        if ranked:  # a list of GPUs: the same function with each, in the order of the list
            definition = ranked[0].function
        function_id = request.existing_function_id or identity(
            "fu", app.id, definition.function_name
        )
        definition = copy.deepcopy(definition)
        web = definition.method_definitions.values()
        for method in web:
            if method.webhook_config.type:
                method.web_url = await self.edge.url_of(function_id)
        if definition.is_server:
            del definition.flash_service_urls[:]
            definition.flash_service_urls.append(await self.edge.url_of(function_id))
        app.functions[definition.function_name] = function_id
        app.pending[function_id] = definition
        app.ranked[function_id] = [one.function.resources for one in ranked]
        return api_pb2.FunctionCreateResponse(
            function_id=function_id,
            function=definition,
            handle_metadata=self.handle(app, function_id, definition),
            function_data=_data(definition, app.ranked[function_id]),
        )

    async def class_create(
        self, request: api_pb2.ClassCreateRequest
    ) -> api_pb2.ClassCreateResponse:
        app = self._app(request.app_id)
        name = next(n for n in app.functions if n.endswith(".*"))
        class_id = request.existing_class_id or identity("cs", app.id, name)
        app.class_functions[class_id] = app.functions[name]
        return api_pb2.ClassCreateResponse(
            class_id=class_id, handle_metadata=self._class(app, class_id)
        )

    async def class_get(self, request: api_pb2.ClassGetRequest) -> api_pb2.ClassGetResponse:
        app = self.state.deployed(request.app_name, self._environment(request.environment_name))
        if app is None or request.object_tag not in app.classes:
            raise GRPCError(Status.NOT_FOUND, f"Class '{request.object_tag}' not found")
        class_id = app.classes[request.object_tag]
        return api_pb2.ClassGetResponse(
            class_id=class_id, handle_metadata=self._class(app, class_id)
        )

    async def app_publish(self, request: api_pb2.AppPublishRequest) -> api_pb2.AppPublishResponse:
        app = self._app(request.app_id)
        for function_id in request.function_ids.values():
            if function_id in app.pending:
                app.definitions[function_id] = app.pending[function_id]
        app.pending.clear()
        app.state = request.app_state
        app.name = request.name or app.name
        app.tags = dict(request.tags)
        app.functions, app.classes = dict(request.function_ids), dict(request.class_ids)
        app.overrides.clear()
        url = f"{self.url}/apps/{app.id}"
        if not app.deployed:
            return api_pb2.AppPublishResponse(url=url)
        version = self._add_version(app, request.deployment_tag, request.commit_info)
        await self.worker.replaced(app)
        return api_pb2.AppPublishResponse(url=url, deployed_at=version.deployed_at)

    async def app_deployment_history(
        self, request: api_pb2.AppDeploymentHistoryRequest
    ) -> api_pb2.AppDeploymentHistoryResponse:
        app = self._app(request.app_id)
        history = [
            api_pb2.AppDeploymentHistory(
                app_id=app.id,
                version=version.number,
                client_version=version.client_version,
                deployed_at=version.deployed_at,
                deployed_by=WHO,
                tag=version.tag,
                rollback_version=version.rollback_of,
                rollback_allowed=True,
                commit_info=version.commit,
            )
            for version in reversed(app.versions)
        ]
        return api_pb2.AppDeploymentHistoryResponse(
            app_deployment_histories=history,
            production_app_version=app.versions[-1].number if app.versions else 0,
        )

    async def app_rollback(
        self, request: api_pb2.AppRollbackRequest
    ) -> api_pb2.AppRollbackResponse:
        app = self._app(request.app_id)
        wanted = len(app.versions) - 1 if request.version == -1 else request.version
        old = next((v for v in app.versions if v.number == wanted), None)
        if old is None:
            raise GRPCError(Status.NOT_FOUND, f"App has no version {wanted}")
        app.functions, app.classes = dict(old.functions), dict(old.classes)
        app.definitions = dict(old.definitions)
        if self.rollback_brings_tags:
            app.tags = dict(old.tags)
        app.overrides.clear()
        version = self._add_version(app, old.tag, old.commit, old.number)
        await self.worker.replaced(app)
        return api_pb2.AppRollbackResponse(url=self.url, deployed_at=version.deployed_at)

    async def app_stop(self, request: api_pb2.AppStopRequest) -> Empty:
        app = self._app(request.app_id)
        await self._end(app)
        return Empty()

    async def app_client_disconnect(self, request: api_pb2.AppClientDisconnectRequest) -> Empty:
        app = self._app(request.app_id)
        if app.state == api_pb2.APP_STATE_DETACHED and request.reason in KEEPS_DETACHED:
            app.state = api_pb2.APP_STATE_DETACHED_DISCONNECTED
        elif not app.deployed:
            await self._end(app)
        return Empty()

    async def app_get_tags(self, request: api_pb2.AppGetTagsRequest) -> api_pb2.AppGetTagsResponse:
        return api_pb2.AppGetTagsResponse(tags=self._app(request.app_id).tags)

    async def app_set_tags(self, request: api_pb2.AppSetTagsRequest) -> Empty:
        self._app(request.app_id).tags = dict(request.tags)
        return Empty()

    async def function_get(
        self, request: api_pb2.FunctionGetRequest
    ) -> api_pb2.FunctionGetResponse:
        app = self.state.deployed(request.app_name, self._environment(request.environment_name))
        if app is None or request.object_tag not in app.functions:
            raise GRPCError(Status.NOT_FOUND, f"Function '{request.object_tag}' not found")
        function_id = app.functions[request.object_tag]
        definition = app.definitions[function_id]
        return api_pb2.FunctionGetResponse(
            function_id=function_id,
            handle_metadata=self.handle(app, function_id, definition),
            function=_data(definition, app.ranked[function_id]),
        )

    async def function_get_scheduling_params(
        self, request: api_pb2.FunctionGetSchedulingParamsRequest
    ) -> api_pb2.FunctionGetSchedulingParamsResponse:
        app = self.state.app_of(request.function_id)
        static = self.state.definition(request.function_id).autoscaler_settings
        override = app.overrides.get(request.function_id, api_pb2.AutoscalerSettings())
        settings = copy.deepcopy(static)
        settings.MergeFrom(override)
        return api_pb2.FunctionGetSchedulingParamsResponse(
            autoscaler_configuration=api_pb2.AutoscalerConfiguration(
                settings=settings, static_settings=static, override_settings=override
            )
        )

    async def function_update_scheduling_params(
        self, request: api_pb2.FunctionUpdateSchedulingParamsRequest
    ) -> api_pb2.FunctionUpdateSchedulingParamsResponse:
        app = self.state.app_of(request.function_id)
        kept = app.overrides.setdefault(request.function_id, api_pb2.AutoscalerSettings())
        kept.MergeFrom(request.settings)
        return api_pb2.FunctionUpdateSchedulingParamsResponse(current_settings=kept)

    async def function_get_current_stats(
        self, request: api_pb2.FunctionGetCurrentStatsRequest
    ) -> api_pb2.FunctionStats:
        of = [c for c in self.state.calls.values() if c.function_id == request.function_id]
        waiting = sum(1 for call in of if not call.taken_by and not call.done)
        running = self.worker.running(self.state.app_of(request.function_id))
        return api_pb2.FunctionStats(backlog=waiting, num_total_tasks=len(running))

    async def app_get_logs(
        self, request: api_pb2.AppGetLogsRequest
    ) -> AsyncIterator[api_pb2.TaskLogsBatch]:
        app = self._app(request.app_id)
        at = int(request.last_entry_id) if request.last_entry_id else 0
        while True:
            for batch in app.logs[at:]:
                at += 1
                yield _numbered(batch, at)
            if self._is_over(app):
                yield api_pb2.TaskLogsBatch(app_done=True, entry_id=str(at))
                return
            news = partial(self._has_news, app, at)
            if not await self.state.until(news, request.timeout or 55.0):
                return

    def _has_news(self, app: App, at: int) -> bool:
        """Whether there is something to give, or nothing more will be; else who asks waits."""
        return len(app.logs) > at or self._is_over(app)

    def _is_over(self, app: App) -> bool:
        return app.state == api_pb2.APP_STATE_STOPPED and not self.worker.running(app)

    async def app_fetch_logs(
        self, request: api_pb2.AppFetchLogsRequest
    ) -> api_pb2.AppFetchLogsResponse:
        app = self._app(request.app_id)
        since, until = request.since.ToSeconds(), request.until.ToNanoseconds() / 1e9
        inside = [b for b in app.logs if since <= b.items[0].timestamp < until]
        return api_pb2.AppFetchLogsResponse(batches=inside[-(request.limit or len(inside)) :])

    def layout(self, app: App) -> api_pb2.AppLayout:
        """Describe the functions and classes of an app."""
        objects = [
            api_pb2.Object(
                object_id=function_id,
                function_handle_metadata=self.handle(
                    app, function_id, self.state.definition(function_id)
                ),
            )
            for function_id in app.functions.values()
            if function_id in app.definitions or function_id in app.pending
        ]
        objects += [
            api_pb2.Object(object_id=class_id, class_handle_metadata=self._class(app, class_id))
            for class_id in app.classes.values()
        ]
        # A container hydrates what its function depends on, where that stands in its own module.
        known = {one.object_id for one in objects}
        needed = {
            one.object_id: None
            for function_id in app.functions.values()
            if function_id in app.definitions or function_id in app.pending
            for one in self.state.definition(function_id).object_dependencies
            if one.object_id not in known
        }
        objects += [self._plain(object_id) for object_id in needed]
        return api_pb2.AppLayout(objects=objects, function_ids=app.functions, class_ids=app.classes)

    @staticmethod
    def _plain(object_id: str) -> api_pb2.Object:
        """Describe an image, a secret, a volume or a mount, by the kind that its id tells."""
        made = api_pb2.Object(object_id=object_id)
        if object_id.startswith("vo-"):
            made.volume_metadata.SetInParent()
        elif object_id.startswith("mo-"):
            made.mount_handle_metadata.SetInParent()
        return made

    def handle(
        self, app: App, function_id: str, definition: api_pb2.Function
    ) -> api_pb2.FunctionHandleMetadata:
        """Describe a function as its handles know it."""
        methods = {
            name: api_pb2.FunctionHandleMetadata(
                function_name=method.function_name,
                function_type=method.function_type,
                web_url=method.web_url,
                is_method=True,
            )
            for name, method in definition.method_definitions.items()
        }
        return api_pb2.FunctionHandleMetadata(
            function_name=definition.function_name,
            function_type=definition.function_type,
            web_url=definition.web_url,
            definition_id=identity(
                "de", function_id, definition.SerializeToString(deterministic=True)
            ),
            method_handle_metadata=methods,
            function_schema=definition.function_schema,
            _experimental_flash_urls=definition.flash_service_urls,
            app_id=app.id,
            supported_input_formats=definition.supported_input_formats,
            supported_output_formats=definition.supported_output_formats,
        )

    def _class(self, app: App, class_id: str) -> api_pb2.ClassHandleMetadata:
        function_id = app.class_functions[class_id]
        definition = self.state.definition(function_id)
        return api_pb2.ClassHandleMetadata(
            class_function_id=function_id,
            class_function_metadata=self.handle(app, function_id, definition),
        )

    def _add_version(
        self, app: App, tag: str, commit: api_pb2.CommitInfo, rollback_of: int = 0
    ) -> Version:
        version = Version(
            number=len(app.versions) + 1,
            tag=tag,
            tags=dict(app.tags),
            functions=dict(app.functions),
            classes=dict(app.classes),
            definitions=dict(app.definitions),
            client_version="fake",
            deployed_at=time.time(),
            commit=commit,
            rollback_of=rollback_of,
        )
        app.versions.append(version)
        return version

    async def _end(self, app: App) -> None:
        app.state = api_pb2.APP_STATE_STOPPED
        app.stopped_at = time.time()
        await self.worker.end(app)
        await self.state.tell()

    def _app(self, app_id: str) -> App:
        if app_id not in self.state.apps:
            raise GRPCError(Status.NOT_FOUND, f"App {app_id} not found")
        return self.state.apps[app_id]

    def _environment(self, name: str) -> str:
        if (name or "main") not in self.state.environments:
            raise GRPCError(Status.NOT_FOUND, f"Environment '{name}' not found")
        return name or "main"


def _numbered(batch: api_pb2.TaskLogsBatch, number: int) -> api_pb2.TaskLogsBatch:
    copied = copy.deepcopy(batch)
    copied.entry_id = str(number)
    return copied


def _lifecycle(app: App) -> api_pb2.AppLifecycle:
    last = app.versions[-1] if app.versions else None
    return api_pb2.AppLifecycle(
        app_state=app.state,
        created_at=app.created_at,
        created_by=WHO,
        deployed_at=last.deployed_at if last else 0.0,
        deployed_by=WHO,
        version=last.number if last else 0,
        stopped_at=app.stopped_at,
        stopped_by=WHO if app.stopped_at else "",
    )


def _data(definition: api_pb2.Function, ranked: list[api_pb2.Resources]) -> api_pb2.FunctionData:
    shared = (
        "module_name", "function_name", "timeout_secs", "webhook_config", "is_class", "is_server",
        "autoscaler_settings", "startup_timeout_secs", "implementation_name", "routing_region",
    )  # fmt: skip
    each = []
    for rank, resources in enumerate(ranked or [definition.resources]):
        of = copy.deepcopy(definition)
        of.resources.CopyFrom(resources)
        each.append(api_pb2.FunctionData.RankedFunction(rank=rank, function=of))
    data = api_pb2.FunctionData(
        ranked_functions=each,
        method_definitions=definition.method_definitions,
        flash_service_urls=definition.flash_service_urls,
        **{name: getattr(definition, name) for name in shared},
    )
    if definition.HasField("http_config"):
        data.http_config.CopyFrom(definition.http_config)
    return data
