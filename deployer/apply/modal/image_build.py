"""The engine's image: built on Modal beside the download, and told in the build's own words."""

from __future__ import annotations

import math
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

import modal
from modal.client import _Client
from modal_proto import api_pb2

from deployer.apply.modal.parts_of_image import engine_image
from deployer.apply.modal.rpc import told
from deployer.apply.patience import current
from deployer.errors import Failure
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deployer.apply.modal.parts import Parts
    from deployer.apply.phases import Phase
    from deployer.release import Release

BUILDING = 3600.0
"""Seconds that an image may take to be built: about 20 GB are fetched and unpacked."""

LINES = 40
"""Lines of a build's output that are shown, the last ones."""

SHOW_EVERY = 5.0
"""Seconds between two words that it is still being built."""


class ImageBuild:
    """A build that goes on by itself, in an app that something else is run in as well.

    :meth:`check` is for whoever does something else meanwhile, :meth:`wait` for who is done.
    """

    def __init__(self, release: Release, app: modal.App, parts: Parts) -> None:
        self._parts = parts
        self._began = parts.clock()
        self._over = threading.Event()
        self._failure: Failure | None = None
        self._said = False
        self._line = ""
        self._image = engine_image(release)
        self._app = app
        threading.Thread(target=self._build, name="image", daemon=True).start()

    @property
    def has_failed(self) -> bool:
        """Whether it is known that there is no image."""
        return self._failure is not None

    def check(self) -> None:
        """Say once that the image is there; raise Failure, with the build's output, for none."""
        if not self._over.is_set():
            return
        if self._failure is not None:
            raise self._failure
        if not self._said:
            self._said = True
            took = self._parts.clock() - self._began
            self._parts.tell(f"the engine's image is there, after {took:.0f} s")

    def wait(self, phase: Phase) -> None:
        """Wait until the image is there. Raises as :meth:`check` does."""
        shown = -SHOW_EVERY
        while not self._over.wait(min(1.0, SHOW_EVERY)):
            current().refuse_over("the engine's image is not built")
            if phase.seconds - shown >= SHOW_EVERY:
                shown = phase.seconds
                took = self._parts.clock() - self._began
                line = f": {self._line}" if self._line else ""
                phase.progress(f"the engine's image is being built, for {took:.0f} s{line}")
        self.check()

    def _build(self) -> None:
        try:
            with in_its_own_words(self._hear):
                told("the engine's image", lambda: self._image.build.aio(self._app), BUILDING)
        except Failure as failure:
            self._failure = failure
        except Exception as error:  # noqa: BLE001 - it is raised where the build is waited for
            self._failure = Failure(f"the engine's image: {type(error).__name__}: {error}")
        finally:
            self._over.set()

    def _hear(self, line: str) -> None:
        self._line = line


@contextmanager
def in_its_own_words(hear: Callable[[str], None]) -> Iterator[None]:
    """Let ``hear`` be told each line that a build in the block writes, while it writes it.

    One that fails is told with the end of its output.
    """
    try:
        with _listening(hear):
            yield
    except Failure as failure:
        cause = failure.__cause__
        if not isinstance(cause, modal.exception.ImageBuildError):
            raise
        lines = build_output(str(getattr(cause, "image_id", "")))
        message = "the image cannot be built on Modal" + ("" if lines else f": {failure.message}")
        hint = "the end of the build's output:" if lines else failure.hint
        raise Failure(message, hint=hint, detail=lines) from cause


def seldom(tell: Callable[[str], None], clock: Callable[[], float]) -> Callable[[str], None]:
    """Tell the first line of a build's output at once, and others every :data:`SHOW_EVERY`."""
    shown = -math.inf

    def hear(line: str) -> None:
        nonlocal shown
        if clock() - shown >= SHOW_EVERY:
            shown = clock()
            tell(f"the engine's image: {line}")

    return hear


@contextmanager
def _listening(hear: Callable[[str], None]) -> Iterator[None]:
    """Hear what Modal's client is told of builds: it hands each piece to its output's manager.

    That is no part of its promises (1.6.0 to 1.6.4 ``_image.py``, ``_image_await_build_result``):
    a client that has it elsewhere lets nothing be heard, and builds as well.
    """
    try:
        from modal._output.manager import OutputManager  # noqa: PLC0415 - may be missing

        manager = OutputManager.get()
        forward = manager.put_streaming_log
    except (ImportError, AttributeError):
        yield
        return

    async def put(log: api_pb2.TaskLogs, prefix: str = "") -> None:
        for line in log.data.splitlines():
            if line.strip():
                hear(visible(line.strip()))
        await forward(log, prefix)

    mine = vars(manager)
    mine[forward.__name__] = put
    try:
        yield
    finally:
        mine.pop(forward.__name__, None)


def build_output(image_id: str) -> tuple[str, ...]:
    """Give the last lines that the build of an image wrote; none where they are not to be had."""
    found: deque[str] = deque(maxlen=LINES)

    async def ask() -> None:
        client = await _Client.from_env()
        request = api_pb2.ImageJoinStreamingRequest(
            image_id=image_id, timeout=0, include_logs_for_finished=True
        )
        text = ""
        async for said in client._stub.ImageJoinStreaming.unary_stream(request):  # noqa: SLF001 - see `client.py`
            text += "".join(one.data for one in said.task_logs)
        found.extend(line.rstrip() for line in text.splitlines() if line.strip())

    try:
        told("the output of the build", ask)
    except Failure:
        return ()
    return tuple(found)
