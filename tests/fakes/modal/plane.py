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
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import grpclib.server
from grpclib import GRPCError, Status
from h2.exceptions import H2Error
from modal_proto import api_grpc, api_pb2

from tests.fakes.modal.apps import Apps
from tests.fakes.modal.calls import Calls
from tests.fakes.modal.edge import Edge
from tests.fakes.modal.objects import Objects
from tests.fakes.modal.state import App, State
from tests.fakes.modal.worker import HEADER, Worker

T = TypeVar("T")


class ControlPlane(Objects, Apps, Calls):
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
        self.edge = Edge(self.state, self, self.worker)
        self.calls: list[tuple[str, Any]] = []
        self.unknown: list[str] = []
        self.faults: list[str] = []
        self.refuse: dict[str, GRPCError] = {}
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

    def app(self, name: str) -> App:
        """Give the newest app of a name."""
        return [app for app in self.state.apps.values() if app.name == name][-1]

    async def _start(self) -> None:
        self.state.changed = asyncio.Condition()
        self.url = await self.edge.start()
        self._server = grpclib.server.Server([_servicer(self)])
        listener = socket.create_server(("127.0.0.1", 0))
        await self._server.start(sock=listener)
        self.grpc_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.worker.grpc_url = self.grpc_url

    async def _stop(self) -> None:
        await self.worker.close()
        await self.edge.close()
        self._server.close()
        await self._server.wait_closed()
        await asyncio.sleep(0.05)  # for its connections to be closed, which nobody tells
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def answer(self, name: str, stream: Any) -> None:
        """Answer one RPC."""
        request = await stream.recv_message()
        self.calls.append((name, request))
        if name in self.refuse:
            raise self.refuse[name]
        method: Callable[..., Any] | None = getattr(self, _snake(name), None)
        if method is None:
            self.unknown.append(name)
            raise GRPCError(Status.UNIMPLEMENTED, f"the control plane for tests knows no {name}")
        given: dict[str, Any] = {}
        if "task" in inspect.signature(method).parameters:
            given["task"] = self.worker.tasks[stream.metadata[HEADER]]
        try:
            if inspect.isasyncgenfunction(method):
                async for response in method(request, **given):
                    await stream.send_message(response)
            else:
                await stream.send_message(await method(request, **given))
        except (GRPCError, asyncio.CancelledError, ConnectionError, H2Error):
            raise  # a refusal, or whoever asked is gone
        except Exception:
            self.faults.append(f"{name}: {traceback.format_exc()}")
            raise


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
