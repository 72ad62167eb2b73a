"""Function calls: from whoever calls to the container that answers, and back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from tests.fakes.modal.state import Call, identity

if TYPE_CHECKING:
    from tests.fakes.modal.state import State
    from tests.fakes.modal.worker import Task, Worker

POLL = 20.0
"""Seconds that a container's question for inputs stays open."""


class Calls:
    """The handlers of these RPCs. ``task`` is the container that asks."""

    state: State
    worker: Worker

    async def function_map(
        self, request: api_pb2.FunctionMapRequest
    ) -> api_pb2.FunctionMapResponse:
        put = request.pipelined_inputs[0]
        call = await self.begin(request.function_id, put.input, request.function_call_type)
        item = api_pb2.FunctionPutInputsResponseItem(
            idx=put.idx, input_id=call.input_id, input_jwt=call.input_id
        )
        return api_pb2.FunctionMapResponse(
            function_call_id=call.id, pipelined_inputs=[item], function_call_jwt=call.id
        )

    async def begin(self, function_id: str, given: api_pb2.FunctionInput, kind: int = 0) -> Call:
        """Queue an input; a container is started for it if there is none with room."""
        number = len(self.state.calls)
        call = Call(
            id=identity("fc", function_id, number),
            function_id=function_id,
            input_id=identity("in", function_id, number),
            input=given,
            type=kind,
        )
        self.state.calls[call.id] = call
        await self.worker.scale(function_id)
        await self.state.tell()
        return call

    async def function_get_outputs(
        self, request: api_pb2.FunctionGetOutputsRequest
    ) -> api_pb2.FunctionGetOutputsResponse:
        call = self.state.calls[request.function_call_id]
        await self.state.until(lambda: call.done, request.timeout)
        outputs = [call.output] if call.output is not None else []
        return api_pb2.FunctionGetOutputsResponse(
            outputs=outputs, idxs=[0] * len(outputs), num_unfinished_inputs=1 - len(outputs)
        )

    async def function_get_inputs(
        self, request: api_pb2.FunctionGetInputsRequest, task: Task
    ) -> api_pb2.FunctionGetInputsResponse:
        def waiting() -> Call | None:
            found = (c for c in self.state.calls.values() if c.function_id == request.function_id)
            return next((c for c in found if not c.taken_by and not c.done), None)

        await self.worker.ready(task)
        await self.state.until(lambda: task.stopping or waiting(), POLL)
        if task.stopping:
            item = api_pb2.FunctionGetInputsItem(kill_switch=True)
            return api_pb2.FunctionGetInputsResponse(inputs=[item])
        call = waiting()
        if call is None:
            return api_pb2.FunctionGetInputsResponse()
        call.taken_by = task.id
        item = api_pb2.FunctionGetInputsItem(
            input_id=call.input_id,
            input=call.input,
            function_call_id=call.id,
            function_call_invocation_type=api_pb2.FUNCTION_CALL_INVOCATION_TYPE_SYNC,
        )
        return api_pb2.FunctionGetInputsResponse(inputs=[item])

    async def function_put_outputs(self, request: api_pb2.FunctionPutOutputsRequest) -> Empty:
        for put in request.outputs:
            call = next(c for c in self.state.calls.values() if c.input_id == put.input_id)
            call.output = api_pb2.FunctionGetOutputsItem(
                result=put.result,
                input_id=put.input_id,
                data_format=put.data_format,
                output_created_at=time.time(),
            )
        await self.state.tell()
        return Empty()

    async def function_call_get_data_in(
        self, request: api_pb2.FunctionCallGetDataRequest
    ) -> AsyncIterator[api_pb2.DataChunk]:
        call = self.state.calls[request.function_call_id]
        async for chunk in self._chunks(call, call.data_in, request.last_index):
            yield chunk

    async def function_call_put_data_out(
        self, request: api_pb2.FunctionCallPutDataRequest
    ) -> Empty:
        self.state.calls[request.function_call_id].data_out.extend(request.data_chunks)
        await self.state.tell()
        return Empty()

    async def container_hello(self, request: Empty) -> Empty:
        return request

    async def container_heartbeat(
        self, request: api_pb2.ContainerHeartbeatRequest
    ) -> api_pb2.ContainerHeartbeatResponse:
        del request
        return api_pb2.ContainerHeartbeatResponse()

    async def container_server_lifecycle_ready(
        self, request: api_pb2.ContainerServerLifecycleReadyRequest, task: Task
    ) -> Empty:
        del request
        await self.worker.ready(task)
        return Empty()

    async def task_result(self, request: api_pb2.TaskResultRequest, task: Task) -> Empty:
        task.result = request.result
        await self.state.tell()
        return Empty()

    async def container_stop(
        self, request: api_pb2.ContainerStopRequest
    ) -> api_pb2.ContainerStopResponse:
        task = self.worker.tasks[request.task_id]
        task.stopping = True
        if not request.graceful:
            await self.worker.terminate(task)
        await self.state.tell()
        return api_pb2.ContainerStopResponse()

    async def task_list(self, request: api_pb2.TaskListRequest) -> api_pb2.TaskListResponse:
        tasks = [
            api_pb2.TaskStats(
                task_id=task.id,
                app_id=task.app_id,
                started_at=task.started,
                enqueued_at=task.started,
            )
            for task in self.worker.tasks.values()
            if task.alive and request.app_id in {"", task.app_id}
        ]
        return api_pb2.TaskListResponse(tasks=tasks)

    async def task_get_info(
        self, request: api_pb2.TaskGetInfoRequest
    ) -> api_pb2.TaskGetInfoResponse:
        """Say how a container stands, or how it ended: with an exit code of 1 where it failed."""
        task = self.worker.tasks.get(request.task_id)
        if task is None:
            raise GRPCError(Status.NOT_FOUND, f"Task {request.task_id} not found")
        info = api_pb2.TaskInfo(
            id=task.id, started_at=task.started, enqueued_at=task.started, finished_at=task.finished
        )
        if task.result is not None:
            info.result.CopyFrom(task.result)
        elif task.process.returncode:
            info.result.status = api_pb2.GenericResult.GENERIC_STATUS_FAILURE
            info.result.exitcode = abs(task.process.returncode)
        return api_pb2.TaskGetInfoResponse(app_id=task.app_id, info=info)

    async def _chunks(
        self, call: Call, chunks: list[api_pb2.DataChunk], after: int
    ) -> AsyncIterator[api_pb2.DataChunk]:
        at = 0
        while True:
            for chunk in chunks[at:]:
                at += 1
                if chunk.index > after:
                    yield chunk
            if call.done:
                return
            await self.state.until(partial(_more, call, chunks, at), POLL)


def _more(call: Call, chunks: list[api_pb2.DataChunk], at: int) -> bool:
    return len(chunks) > at or call.done
