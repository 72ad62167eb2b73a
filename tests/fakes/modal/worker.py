"""Runs containers: the true entrypoint of Modal's client, in an environment of its own.

A container here is a process. Its files lie below a folder of its own, which stands for ``/``:
what a mount puts at ``/home/x`` lies at ``<folder>/home/x``, and what an image's variable says to
lie in ``/root`` does, too. Volumes are linked at the paths that
the release names; tests choose paths below their own temporary folder.
"""

from __future__ import annotations

import asyncio
import os
import py_compile
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

from modal_proto import api_pb2

from deployer.facts.modal.keywords import HOME
from tests.fakes.modal.container import Container, start
from tests.fakes.modal.state import App, identity

if TYPE_CHECKING:
    from tests.fakes.modal.state import State

HEADER = "x-fake-task"
OWN_LOCKS = Path(__file__).with_name("own_locks.py")
SMALL = "compare_key"
GRACE = 30.0
"""Seconds after SIGINT or SIGTERM before SIGKILL, as Modal's own."""


@dataclass
class Task:
    """One container; ``result`` is what it said of a failed start."""

    id: str
    app_id: str
    function_id: str
    started: float
    process: Container
    is_server: bool
    port: int = 0
    ready: bool = False
    stopping: bool = False
    old: bool = False
    """Whether another version was published since: it serves on until one of that is ready."""
    result: api_pb2.GenericResult | None = None
    finished: float = 0.0
    log: list[str] = field(default_factory=list)
    watching: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self.process.returncode is None


class Worker:
    """Starts, feeds and ends containers.

    ``pythons`` gives the interpreter for an image, by a part of its commands; an image without one
    cannot be run. ``paths`` are folders that come first in a container's PATH.
    """

    def __init__(
        self, state: State, pythons: Mapping[str, Path], variables: Mapping[str, str]
    ) -> None:
        self.state = state
        self.grpc_url = ""
        self.layout_of: Callable[[App], api_pb2.AppLayout]
        self.tasks: dict[str, Task] = {}
        self.room = True
        """Whether there are machines to be had; a container that finds none is not started, but
        for what compares a key: it takes next to nothing."""
        self._pythons = pythons
        self._scaling: dict[str, asyncio.Lock] = {}
        self.variables = dict(variables)

    def locks(self, task_id: str) -> Path:
        """Give the folder that stands for a container's own locks; no other one sees them."""
        return self.state.root / "containers" / task_id / "locks"

    def running(self, app: App) -> list[Task]:
        return [t for t in self.tasks.values() if t.app_id == app.id and t.alive]

    async def scale(self, function_id: str) -> None:
        """Start a container where no one is there that could take an input.

        A function may have as many as it says; servers and what says nothing have one.
        """
        # A container counts once its process is there: whoever asks meanwhile waits for that.
        async with self._scaling.setdefault(function_id, asyncio.Lock()):
            await self._scale(function_id)

    async def _scale(self, function_id: str) -> None:
        there = [
            task
            for task in self.tasks.values()
            if task.function_id == function_id and task.alive and not (task.stopping or task.old)
        ]
        definition = self.state.definition(function_id)
        plain = not port_of(definition) and not definition.is_server
        most = definition.autoscaler_settings.max_containers if plain else 1
        of = [call for call in self.state.calls.values() if call.function_id == function_id]
        waiting = sum(1 for call in of if not call.taken_by and not call.done)
        busy = {call.taken_by for call in of if not call.done}
        idle = sum(1 for task in there if task.id not in busy)
        room = self.room or self.state.definition(function_id).function_name == SMALL
        if room and (not there or (len(there) < most and waiting > idle)):
            await self.start(function_id)

    async def lose(self, task: Task, *, again: bool) -> None:
        """Kill a container without a word; what it was at is begun ``again``, or has failed.

        A preempted input begins again by itself (Modal's guide on preemption), one whose container
        died is told so. What no commit made last is gone with it, as far as it was being written.
        """
        open_files = _written_by(task.process.pid, self.state.root / "volumes")
        calls = [c for c in self.state.calls.values() if c.taken_by == task.id and not c.done]
        for call in calls if again else ():
            call.taken_by = "nobody yet"
        os.killpg(task.process.pid, signal.SIGKILL)
        await task.process.wait()
        for path in open_files:
            path.unlink(missing_ok=True)
        for call in calls if again else ():
            call.taken_by = ""
            await self.scale(call.function_id)
        await self.state.tell()

    async def start(self, function_id: str) -> Task:
        app = self.state.app_of(function_id)
        definition = self.state.definition(function_id)
        await self._make_room(function_id, port_of(definition))
        task_id = identity("ta", function_id, len(self.tasks))
        folder = self.state.root / "containers" / task_id
        (folder / "root").mkdir(parents=True)
        self._place_files(definition, folder)
        shutil.copyfile(OWN_LOCKS, folder / "root" / "sitecustomize.py")
        self.locks(task_id).mkdir()
        arguments = folder / "arguments"
        arguments.write_bytes(
            api_pb2.ContainerArguments(
                task_id=task_id,
                function_id=function_id,
                app_id=app.id,
                function_def=definition,
                app_layout=self.layout_of(app),
                environment_name=app.environment,
            ).SerializeToString()
        )
        environment = self._environment(definition, task_id, folder, arguments)
        process = await start(
            self._python(definition),
            folder / "root",
            {**environment, "MODAL_ENVIRONMENT": app.environment},
        )
        task = Task(task_id, app.id, function_id, time.time(), process, definition.is_server)
        task.port = port_of(definition)
        self.tasks[task_id] = task
        task.watching = asyncio.create_task(self._watch(task, app))
        return task

    async def terminate(self, task: Task) -> None:
        """End a container as Modal does: SIGINT for functions, SIGTERM for servers."""
        task.stopping = True
        if task.alive:
            task.process.send_signal(signal.SIGTERM if task.is_server else signal.SIGINT)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await task.process.wait()
        task.process.send_signal(signal.SIGKILL)
        _end_all(self.state.root / "containers" / task.id)
        await task.process.wait()

    async def end(self, app: App) -> None:
        """End every container of an app."""
        await asyncio.gather(*(self.terminate(task) for task in self.running(app)))

    async def replaced(self, app: App) -> None:
        """Let the containers of older versions serve on until one of the new version is ready.

        "Shifts traffic gradually to new containers while old ones drain" (modal 1.6.4, of rolling).
        """
        for task in self.running(app):
            task.old = True
        await self.state.tell()

    async def ready(self, task: Task) -> None:
        """Let a container serve, and those of older versions end once they are idle."""
        first, task.ready = not task.ready, True
        for other in self.tasks.values() if first and not task.old else ():
            if other.function_id == task.function_id and other.old and not other.stopping:
                other.stopping = True
                if other.is_server:
                    await self.terminate(other)
        await self.state.tell()

    async def _make_room(self, function_id: str, port: int) -> None:
        """End the old containers that hold the port: here all share one machine, on Modal none."""
        for task in list(self.tasks.values()):
            if task.function_id == function_id and task.old and task.port == port and port:
                await self.terminate(task)

    async def close(self) -> None:
        """End everything."""
        await asyncio.gather(*(self.terminate(task) for task in self.tasks.values() if task.alive))
        for task in self.tasks.values():
            if task.watching:
                await task.watching

    async def _watch(self, task: Task, app: App) -> None:
        async for raw in task.process.stdout:
            line = raw.decode(errors="replace")
            task.log.append(line)
            item = api_pb2.TaskLogs(
                data=line,
                timestamp=time.time(),
                file_descriptor=api_pb2.FILE_DESCRIPTOR_STDOUT,
            )
            app.logs.append(
                api_pb2.TaskLogsBatch(task_id=task.id, function_id=task.function_id, items=[item])
            )
            await self.state.tell()
        await task.process.wait()
        task.finished = time.time()
        self._replaced(task)
        for call in self.state.calls.values():
            if call.taken_by == task.id and not call.done:
                call.output = _lost(call.input_id)
            if not call.taken_by and call.function_id == task.function_id and task.result:
                call.output = api_pb2.FunctionGetOutputsItem(
                    result=task.result,
                    input_id=call.input_id,
                    data_format=api_pb2.DATA_FORMAT_PICKLE,
                )
        await self.state.tell()

    def _replaced(self, task: Task) -> None:
        """Let another container take the inputs that wait, as Modal does."""
        app = self.state.apps.get(task.app_id)
        ended = app is None or app.state in {
            api_pb2.APP_STATE_STOPPED, api_pb2.APP_STATE_STOPPING
        }  # fmt: skip
        waiting = (
            call.function_id == task.function_id and not call.taken_by and not call.done
            for call in self.state.calls.values()
        )
        if not ended and not task.stopping and not task.result and any(waiting):
            self._begun = asyncio.ensure_future(self.scale(task.function_id))

    def _python(self, definition: api_pb2.Function) -> Path:
        commands = "\n".join(self._commands(definition.image_id))
        found = [python for part, python in self._pythons.items() if part in commands]
        if not found:
            message = f"no interpreter stands for the image\n{commands}"
            raise LookupError(message)
        return found[0]

    def _commands(self, image_id: str) -> list[str]:
        image = self.state.images[image_id]
        below = [c for base in image.base_images for c in self._commands(base.image_id)]
        return [*below, *image.dockerfile_commands]

    def _place_files(self, definition: api_pb2.Function, folder: Path) -> None:
        for mount_id in definition.mount_ids:
            for file in self.state.mounts[mount_id]:
                target = folder / file.filename.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.state.files[file.sha256_hex], target)
                if target.suffix == ".py":
                    code = Path(cache_from_source(str(target)))
                    code.parent.mkdir(exist_ok=True)
                    code.write_bytes(_byte_code(file.sha256_hex, target))
        for mount in definition.volume_mounts:
            link, volume = Path(mount.mount_path), self.state.volume(mount.volume_id)
            if link.is_symlink() and link.readlink() == volume:
                continue  # another container may be at its files
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(volume)

    def _environment(
        self, definition: api_pb2.Function, task_id: str, folder: Path, arguments: Path
    ) -> dict[str, str]:
        found = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "root"),
            "PYTHONPATH": str(folder / "root"),
            "PYTHONUNBUFFERED": "1",
            **self.variables,
            "MODAL_SERVER_URL": self.grpc_url,
            "MODAL_TASK_ID": task_id,
            "MODAL_IS_REMOTE": "1",
            "MODAL_IMAGE_ID": definition.image_id,
            "MODAL_CONTAINER_ARGUMENTS_PATH": str(arguments),
            "MODAL_OVERRIDE_HEADERS": f"{HEADER}:{task_id}",
            "FAKE_LOCKS": str(self.locks(task_id)),
        }
        for command in self._commands(definition.image_id):
            if command.startswith("ENV "):
                name, _, value = command.removeprefix("ENV ").partition("=")
                said = shlex.split(value)[0] if value else ""
                found[name] = f"{folder}{said}" if said.startswith(f"{HOME}/") else said
        for secret_id in definition.secret_ids:
            found |= self.state.secret(secret_id)
        return found


def _end_all(folder: Path) -> None:
    """Kill what is left of a container, of whichever session: nothing outlives its machine."""
    own = f"MODAL_CONTAINER_ARGUMENTS_PATH={folder / 'arguments'}".encode()
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and own in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def port_of(definition: api_pb2.Function) -> int:
    """Give the port that a server listens at; 0 for what is none."""
    web = [m.webhook_config.web_server_port for m in definition.method_definitions.values()]
    return definition.http_config.port or next(filter(None, web), 0)


def _written_by(pid: int, below: Path) -> set[Path]:
    """Give the files below a folder that a process has open for writing."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            path = link.readlink()
            flags = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text(encoding="ascii")
            mode = int(flags.split("flags:")[1].split()[0], 8)
            if path.is_relative_to(below) and mode & (os.O_WRONLY | os.O_RDWR):
                found.add(path)
    return found


_BYTE_CODE: dict[str, bytes] = {}


def _byte_code(digest: str, source: Path) -> bytes:
    """Compile a file once for all containers, which would do it anew: each has a folder of its own.

    Their interpreters are made from this one.
    """
    if digest not in _BYTE_CODE:
        never = py_compile.PycInvalidationMode.UNCHECKED_HASH
        made = py_compile.compile(str(source), doraise=True, invalidation_mode=never)
        _BYTE_CODE[digest] = Path(made or "").read_bytes()
    return _BYTE_CODE[digest]


def _lost(input_id: str) -> api_pb2.FunctionGetOutputsItem:
    result = api_pb2.GenericResult(
        status=api_pb2.GenericResult.GENERIC_STATUS_FAILURE, exception="the container ended"
    )
    return api_pb2.FunctionGetOutputsItem(
        result=result, input_id=input_id, data_format=api_pb2.DATA_FORMAT_PICKLE
    )
