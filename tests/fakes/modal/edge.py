"""The HTTP side: an address for each web function, the blocks of volumes, and large uploads."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from grpclib import GRPCError
from modal._serialization import serialize
from modal_proto import api_pb2

from tests.fakes.modal.faults import VOLUME, WEB, suffered
from tests.fakes.modal.state import BLOCK_SIZE

if TYPE_CHECKING:
    from tests.fakes.modal.calls import Calls
    from tests.fakes.modal.faults import Faults
    from tests.fakes.modal.state import Call, State
    from tests.fakes.modal.worker import Worker

CALL = "__modal_function_call_id"
"""The query by which a redirected request goes on waiting for its answer."""

HOPS = {"connection", "transfer-encoding", "keep-alive", "content-length", "host"}
"""Headers of one connection, which do not travel."""


class Edge:
    """Takes HTTP requests and brings them to containers as Modal does, by either way."""

    def __init__(self, state: State, calls: Calls, worker: Worker, going_wrong: Faults) -> None:
        self._state = state
        self._calls = calls
        self._worker = worker
        self._going_wrong = going_wrong
        self.redirect_after: float | None = None
        """Seconds after which a request that waits is redirected; Modal's are 150."""
        self._sites: dict[str, str] = {}
        self._runners: list[web.AppRunner] = []

    async def start(self) -> str:
        """Open the address at which volumes are read and large files put; gives it."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_get("/volume/{id}/{path:.*}", self._block)
        app.router.add_put("/blob/{id}", self._put_blob)
        app.router.add_put("/block/{sha256}", self._put_block)
        return await self._serve(app)

    async def url_of(self, function_id: str) -> str:
        """Give the address of a web function; it stays the same over deployments."""
        if function_id not in self._sites:

            async def handle(request: web.Request) -> web.StreamResponse:
                return await self._request(function_id, request)

            app = web.Application(client_max_size=1 << 30)
            app.router.add_route("*", "/{path:.*}", handle)
            self._sites[function_id] = await self._serve(app)
        return self._sites[function_id]

    async def close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()

    async def _serve(self, app: web.Application) -> str:
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _put_blob(self, request: web.Request) -> web.Response:
        """Take what is too large for an RPC, and tell its MD5 as S3 does."""
        body = await request.read()
        path = self._state.blob(request.match_info["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        told = hashlib.md5(body, usedforsecurity=False).hexdigest()
        return web.Response(headers={"ETag": f'"{told}"'})

    async def _put_block(self, request: web.Request) -> web.Response:
        """Take a block of a file for a volume of version 2; a client says again what it is told."""
        body, name = await request.read(), request.match_info["sha256"]
        if hashlib.sha256(body).hexdigest() != name:
            return web.Response(status=400, text="the hash is not that of the block")
        path = self._state.block(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return web.Response(text="put")

    async def _block(self, request: web.Request) -> web.StreamResponse:
        volume = self._state.volume(request.match_info["id"])

        async def block() -> web.StreamResponse:
            at = int(request.query["from"])
            with (volume / request.match_info["path"]).open("rb") as file:
                file.seek(at)
                return web.Response(body=file.read(BLOCK_SIZE))

        return await self._suffered(VOLUME, block, request)

    async def _suffered(
        self, name: str, work: Callable[[], Awaitable[web.StreamResponse]], request: web.Request
    ) -> web.StreamResponse:
        """Answer as a fault lets it."""

        def close() -> None:
            if isinstance(request.transport, asyncio.Transport):
                request.transport.abort()

        try:
            response: web.StreamResponse = await suffered(self._going_wrong.of(name), work, close)
        except GRPCError as error:
            return web.Response(status=503, text=f"modal-http: {error.message}")
        return response

    async def _request(self, function_id: str, request: web.Request) -> web.StreamResponse:
        return await self._suffered(WEB, partial(self._brought, function_id, request), request)

    async def _brought(self, function_id: str, request: web.Request) -> web.StreamResponse:
        app = self._state.app_of(function_id)
        if not app.deployed:
            return web.Response(
                status=404, text="modal-http: app for invoked web endpoint is stopped"
            )
        if refusal := self._refusal(function_id, request):
            return refusal
        if self._state.definition(function_id).is_server:
            return await self._direct(function_id, request)
        return await self._queued(function_id, request)

    def _refusal(self, function_id: str, request: web.Request) -> web.Response | None:
        """Turn away who has no proxy token, where the function asks for one."""
        found = self._state.definition(function_id)
        webhooks = [one.webhook_config for one in found.method_definitions.values()]
        open_to_all = (
            found.http_config.unauthenticated
            if found.is_server
            else not any(one.requires_proxy_auth for one in webhooks)
        )
        if open_to_all:
            return None
        token_id = request.headers.get("Modal-Key", "")
        said = "missing" if not token_id else "invalid"
        if token_id and request.headers.get("Modal-Secret") == self._state.proxy_tokens.get(
            token_id
        ):
            return None
        return web.Response(
            status=401, text=f"modal-http: {said} credentials for proxy authorization"
        )

    async def _direct(self, function_id: str, request: web.Request) -> web.StreamResponse:
        """Bring it straight to the port of a container that is ready: 503 where there is none."""
        tasks = [t for t in self._worker.tasks.values() if t.function_id == function_id]
        ready = [t for t in tasks if t.alive and t.ready and not t.stopping]
        if not ready:
            if not any(t.alive and not t.stopping for t in tasks):
                await self._worker.scale(function_id)
            return web.Response(status=503, text="modal-http: no container is ready")
        url = f"http://127.0.0.1:{ready[0].port}{request.raw_path}"
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOPS}
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
            session.request(
                request.method,
                url,
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            ) as answer,
        ):
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOPS}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for data in answer.content.iter_any():
                await response.write(data)
            await response.write_eof()
            return response

    async def _queued(self, function_id: str, request: web.Request) -> web.StreamResponse:
        """Queue it as an input, and write what the container streams back."""
        if waiting := request.query.get(CALL):
            return await self._written(self._state.calls[waiting], request)
        body = await request.read()
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.path,
            "query_string": request.query_string.encode(),
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in request.headers.items()
                if name.lower() not in {"connection", "keep-alive"}
            ],
            "client": ("127.0.0.1", 1),
        }
        call = await self._calls.begin(
            function_id,
            api_pb2.FunctionInput(
                args=serialize(((scope,), {})),
                data_format=api_pb2.DATA_FORMAT_PICKLE,
                method_name="serve",
            ),
        )
        message = api_pb2.Asgi(http_request=api_pb2.Asgi.HttpRequest(body=body, more_body=False))
        call.data_in.append(
            api_pb2.DataChunk(
                data_format=api_pb2.DATA_FORMAT_ASGI, data=message.SerializeToString(), index=1
            )
        )
        await self._state.tell()
        return await self._written(call, request)

    async def _written(self, call: Call, request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse | None = None
        at = 0
        if self.redirect_after is not None and not call.data_out:
            await self._state.until(partial(_more, call, 0), self.redirect_after)
            if not call.data_out and not call.done:
                return web.Response(
                    status=303, headers={"Location": f"{request.path}?{CALL}={call.id}"}
                )
        try:
            while True:
                for chunk in call.data_out[at:]:
                    at += 1
                    message = api_pb2.Asgi.FromString(chunk.data)
                    kind = message.WhichOneof("type")
                    if kind == "http_response_start":
                        response = _started(message.http_response_start)
                        await response.prepare(request)
                    elif kind == "http_response_body" and response is not None:
                        await response.write(message.http_response_body.body)
                if call.done and at == len(call.data_out):
                    break
                await self._state.until(partial(_more, call, at), 1.0)
        except (ConnectionResetError, asyncio.CancelledError):
            await self._disconnected(call)
            raise
        if response is None:
            return web.Response(status=500, text="modal-http: internal error: the container failed")
        with suppress(ConnectionResetError):  # whoever asked has all that it wants, and is gone
            await response.write_eof()
        return response

    async def _disconnected(self, call: Call) -> None:
        message = api_pb2.Asgi(http_disconnect=api_pb2.Asgi.HttpDisconnect())
        call.data_in.append(
            api_pb2.DataChunk(
                data_format=api_pb2.DATA_FORMAT_ASGI,
                data=message.SerializeToString(),
                index=len(call.data_in) + 1,
            )
        )
        await self._state.tell()


def _more(call: Call, at: int) -> bool:
    return len(call.data_out) > at or call.done


def _started(start: api_pb2.Asgi.HttpResponseStart) -> web.StreamResponse:
    names = [part.decode() for part in start.headers[::2]]
    values = [part.decode() for part in start.headers[1::2]]
    response = web.StreamResponse(status=start.status)
    for name, value in zip(names, values, strict=True):
        if name.lower() not in HOPS:
            response.headers.add(name, value)
    return response
