"""A small control plane that speaks Modal's protocol, for tests. It is not Modal.

What it knows of the protocol is what the published client sends and reads; how the real service
decides (scheduling, no-op deployments, messages) is not in here. It fails loudly, by the RPC's
name, on everything that it does not know, and keeps a record of every message.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import grpclib.server
from grpclib import GRPCError, Status
from grpclib.protocol import H2Protocol
from h2.exceptions import H2Error
from modal._utils.grpc_utils import custom_detail_codec
from modal_proto import api_grpc, api_pb2

from tests.fakes.modal.apps import Apps
from tests.fakes.modal.calls import Calls
from tests.fakes.modal.dicts import Dicts
from tests.fakes.modal.edge import Edge
from tests.fakes.modal.faults import Fault, Faults, suffered
from tests.fakes.modal.objects import Objects
from tests.fakes.modal.state import App, State
from tests.fakes.modal.volumes import Volumes
from tests.fakes.modal.worker import HEADER, Worker

T = TypeVar("T")


class _Server(grpclib.server.Server):
    """A server that knows its connections: grpclib's own forgets them when it is closed.

    One that is open when the loop ends is warned of later, in whichever test runs then.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._open: set[asyncio.Transport] = set()
        self._lost = asyncio.Event()

    async def cut(self) -> None:
        """Cut the connections that are left, and wait until each is closed."""
        for each in self._open:
            each.abort()
        while self._open:
            self._lost.clear()
            await self._lost.wait()

    def _protocol_factory(self) -> H2Protocol:
        protocol = super()._protocol_factory()
        made, lost = protocol.connection_made, protocol.connection_lost
        its: list[asyncio.Transport] = []

        def connection_made(transport: Any) -> None:
            its.append(transport)
            self._open.add(transport)
            made(transport)

        def connection_lost(exc: BaseException | None) -> None:
            self._open.difference_update(its)
            self._lost.set()
            lost(exc)

        protocol.connection_made = connection_made  # type: ignore[method-assign]
        protocol.connection_lost = connection_lost  # type: ignore[method-assign]
        return protocol


class ControlPlane(Objects, Volumes, Dicts, Apps, Calls):
    """Runs in a thread of its own while entered; ``calls`` holds every request by RPC name.

    ``pythons`` says which interpreter stands for which image (see :class:`Worker`), ``variables``
    what every container has in its environment.
    """

    def __init__(
        self,
        root: Path,
        *,
        pythons: Mapping[str, Path] | None = None,
        variables: Mapping[str, str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.state = State(root)
        for name, values in (secrets or {}).items():
            self.state.secrets[(name, "main")] = dict(values)
        self.worker = Worker(self.state, pythons or {}, variables or {})
        self.worker.layout_of = self.layout
        self.going_wrong = Faults()
        self.edge = Edge(self.state, self, self.worker, self.going_wrong)
        self.calls: list[tuple[str, Any]] = []
        self.unknown: list[str] = []
        self.faults: list[str] = []
        self.watch: Callable[[str], None] | None = None
        """Is told of every request of a client by the RPC's name, before it is answered."""
        self._answered: dict[str, asyncio.Future[Any]] = {}
        self.rollback_brings_tags = True
        self.rates: dict[str, str] = {}
        self.grpc_url = ""
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        assert not self.unknown, f"RPCs that the control plane does not know: {self.unknown}"
        assert not self.faults, "faults of the control plane:\n" + "\n".join(self.faults)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something in the plane's own thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=120)

    def variables(self) -> dict[str, str]:
        """Give what a client's environment must say to reach this plane."""
        return {
            "MODAL_SERVER_URL": self.grpc_url,
            "MODAL_TOKEN_ID": "ak-fake",
            "MODAL_TOKEN_SECRET": "as-fake",
        }

    def requests(self, name: str) -> list[Any]:
        """Give every request of one RPC."""
        return [message for called, message in self.calls if called == name]

    def go_wrong(self, name: str, fault: Fault) -> None:
        """Let requests of an RPC go wrong; '' is every one."""
        self.going_wrong.add(name, fault)

    def refuse(self, name: str, status: Status, message: str = "no") -> None:
        """Refuse every request of an RPC until :meth:`mend`."""
        self.go_wrong(name, Fault("status", times=None, status=status, message=message))

    def mend(self) -> None:
        """Let everything go right from now on."""
        self.going_wrong.clear()

    def app(self, name: str) -> App:
        """Give the newest app of a name that is deployed, or else the newest of all."""
        found = [app for app in self.state.apps.values() if app.name == name]
        return ([app for app in found if app.deployed] or found)[-1]

    async def _start(self) -> None:
        self.state.changed = asyncio.Condition()
        self.url = await self.edge.start()
        self._server = _Server([_servicer(self)], status_details_codec=custom_detail_codec)
        # asyncio sends small answers at once only where a socket says that it is TCP.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        await self._server.start(sock=listener)
        self.grpc_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.worker.grpc_url = self.grpc_url

    async def _stop(self) -> None:
        await self.worker.close()
        await self.edge.close()
        self._server.close()
        await self._server.wait_closed()
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await self._server.cut()

    async def answer(self, name: str, stream: Any) -> None:
        """Answer one RPC."""
        request = await stream.recv_message()
        self.calls.append((name, request))
        from_container = HEADER in stream.metadata
        if self.watch is not None and not from_container:
            self.watch(name)
        method: Callable[..., Any] | None = getattr(self, _snake(name), None)
        if method is None:
            self.unknown.append(name)
            raise GRPCError(Status.UNIMPLEMENTED, f"the control plane for tests knows no {name}")
        given: dict[str, Any] = {}
        if "task" in inspect.signature(method).parameters:
            given["task"] = self.worker.tasks[stream.metadata[HEADER]]
        fault = None if from_container else self.going_wrong.of(name)

        def close() -> None:
            _transport(stream).abort()

        try:
            if inspect.isasyncgenfunction(method):
                await suffered(fault, partial(_streamed, method(request, **given), stream), close)
                return
            key = str(stream.metadata.get("x-idempotency-key", ""))
            work = partial(self._once, key, partial(method, request, **given))
            await stream.send_message(await suffered(fault, work, close))
        except (GRPCError, asyncio.CancelledError, ConnectionError, H2Error):
            raise  # a refusal, or whoever asked is gone
        except Exception:
            self.faults.append(f"{name}: {traceback.format_exc()}")
            raise

    async def _once(self, key: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do what a request asks once for its idempotency key, however often it is sent."""
        if not key:
            return await work()
        if key not in self._answered:
            self._answered[key] = asyncio.ensure_future(work())
        try:
            return await asyncio.shield(self._answered[key])
        except GRPCError:
            self._answered.pop(key, None)  # nothing was done
            raise


async def _streamed(messages: AsyncIterator[Any], stream: Any) -> None:
    async for message in messages:
        await stream.send_message(message)


def _transport(stream: Any) -> asyncio.Transport:
    transport: asyncio.Transport = stream._stream.connection._transport
    return transport


def _servicer(plane: ControlPlane) -> api_grpc.ModalClientBase:
    """Make a servicer of which every RPC is answered by the plane."""

    def handler(name: str) -> Callable[[Any, Any], Awaitable[None]]:
        async def handle(self: Any, stream: Any) -> None:
            del self
            await plane.answer(name, stream)

        return handle

    names = api_grpc.ModalClientBase.__abstractmethods__
    body = {name: handler(name) for name in names}
    servicer: api_grpc.ModalClientBase = type("Servicer", (api_grpc.ModalClientBase,), body)()
    return servicer


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


__all__ = ["ControlPlane", "api_pb2"]
