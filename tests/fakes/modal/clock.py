"""The clock by which the control plane calls what is scheduled: it strikes when a test says so."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from modal._serialization import serialize
from modal_proto import api_pb2

if TYPE_CHECKING:
    from tests.fakes.modal.plane import ControlPlane
    from tests.fakes.modal.state import Call


def strike(plane: ControlPlane, when: dt.datetime) -> list[str]:
    """Let it be a moment, to the minute: call all that is due, and wait; gives their names."""
    return plane.run(_strike(plane, when))


async def _strike(plane: ControlPlane, when: dt.datetime) -> list[str]:
    due = [
        (name, function_id)
        for app in plane.state.apps.values()
        if app.deployed
        for name, function_id in app.functions.items()
        if _is_due(app.definitions[function_id].schedule.cron, when)
    ]
    for _, function_id in due:
        plane.worker.variables["FAKE_NOW"] = str(when.timestamp())
        call = await plane.begin(
            function_id,
            api_pb2.FunctionInput(args=serialize(((), {})), data_format=api_pb2.DATA_FORMAT_PICKLE),
        )
        del plane.worker.variables["FAKE_NOW"]
        assert await plane.state.until(partial(_is_done, call), 100)
        result = call.output.result if call.output is not None else None
        assert result is not None
        assert result.status == api_pb2.GenericResult.GENERIC_STATUS_SUCCESS, result.exception
        for task in [one for one in plane.worker.tasks.values() if one.alive]:
            if task.function_id == function_id:  # the next one has another time
                await plane.worker.terminate(task)
    return [name for name, _ in due]


def _is_done(call: Call) -> bool:
    return call.done


def _is_due(cron: api_pb2.Schedule.Cron, when: dt.datetime) -> bool:
    if not cron.cron_string:
        return False
    minutes, *rest = cron.cron_string.split()
    assert rest == ["*"] * 4, f"the clock knows no {cron.cron_string}"
    return str(when.astimezone(ZoneInfo(cron.timezone)).minute) in minutes.split(",")
