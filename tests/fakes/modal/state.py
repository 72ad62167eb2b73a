"""What the control plane knows: apps and their versions, objects, calls, containers."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grpclib import GRPCError, Status
from modal_proto import api_pb2

BLOCK_SIZE = 8 << 20
"""Bytes of a block of a file of a volume (modal 1.6.4, ``_utils/blob_utils.py``)."""


def identity(prefix: str, *parts: object) -> str:
    """Give an id that follows from what it identifies."""
    text = "\0".join(part if isinstance(part, str) else repr(part) for part in parts)
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:22]}"


@dataclass
class Version:
    """One published version of an app: all that a rollback brings back."""

    number: int
    tag: str
    tags: dict[str, str]
    functions: dict[str, str]
    classes: dict[str, str]
    definitions: dict[str, api_pb2.Function]
    client_version: str
    deployed_at: float
    commit: api_pb2.CommitInfo
    rollback_of: int = 0


@dataclass
class App:
    """One app; ``pending`` are the function definitions that no version has published yet."""

    id: str
    name: str
    environment: str
    state: api_pb2.AppState.ValueType
    created_at: float
    tags: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    class_functions: dict[str, str] = field(default_factory=dict)
    pending: dict[str, api_pb2.Function] = field(default_factory=dict)
    definitions: dict[str, api_pb2.Function] = field(default_factory=dict)
    ranked: dict[str, list[api_pb2.Resources]] = field(default_factory=dict)
    """What a function takes with each GPU of a list, in order; nothing for one GPU."""
    versions: list[Version] = field(default_factory=list)
    overrides: dict[str, api_pb2.AutoscalerSettings] = field(default_factory=dict)
    logs: list[api_pb2.TaskLogsBatch] = field(default_factory=list)
    stopped_at: float = 0.0
    heard_at: float = field(default_factory=time.monotonic)
    """When the client of an ephemeral app last gave a sign of life."""

    @property
    def deployed(self) -> bool:
        return self.state == api_pb2.APP_STATE_DEPLOYED


@dataclass
class Call:
    """One function call with its one input."""

    id: str
    function_id: str
    input_id: str
    input: api_pb2.FunctionInput
    type: int = 0
    data_in: list[api_pb2.DataChunk] = field(default_factory=list)
    data_out: list[api_pb2.DataChunk] = field(default_factory=list)
    output: api_pb2.FunctionGetOutputsItem | None = None
    taken_by: str = ""

    @property
    def done(self) -> bool:
        return self.output is not None


@dataclass
class Build:
    """How the build of an image shall go: what it writes, and whether it ends, and fails."""

    lines: tuple[str, ...]
    fails: bool = False
    may_end: bool = True
    over: bool = False


@dataclass
class State:
    """Everything, with one condition that is notified of every change."""

    root: Path
    apps: dict[str, App] = field(default_factory=dict)
    secrets: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    anonymous_secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    proxy_tokens: dict[str, str] = field(default_factory=dict)
    environments: set[str] = field(default_factory=lambda: {"main"})
    dicts: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    volumes: dict[str, tuple[str, str]] = field(default_factory=dict)
    volume_versions: dict[str, api_pb2.VolumeFsVersion.ValueType] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    mounts: dict[str, list[api_pb2.MountFile]] = field(default_factory=dict)
    images: dict[str, api_pb2.Image] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)
    """What tests have planned for images, by a part of their commands."""
    calls: dict[str, Call] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def deployed(self, name: str, environment: str) -> App | None:
        """Find the deployed app of a name."""
        found = (a for a in self.apps.values() if (a.name, a.environment) == (name, environment))
        return next((app for app in found if app.deployed), None)

    def app_of(self, function_id: str) -> App:
        """Find the app that a function belongs to; one that was only announced belongs to it, too.

        Raises NOT_FOUND, as Modal does, for what is no function.
        """
        for app in self.apps.values():
            if function_id in {*app.definitions, *app.pending, *app.functions.values()}:
                return app
        raise GRPCError(Status.NOT_FOUND, f"Function '{function_id}' not found")

    def definition(self, function_id: str) -> api_pb2.Function:
        """Find the published definition of a function, or the one that waits."""
        app = self.app_of(function_id)
        if found := app.definitions.get(function_id) or app.pending.get(function_id):
            return found
        raise GRPCError(Status.NOT_FOUND, f"Function '{function_id}' is not defined yet")

    def secret(self, secret_id: str) -> dict[str, str]:
        """Give the variables of a secret by its id."""
        named = {identity("st", *key): value for key, value in self.secrets.items()}
        return named.get(secret_id) or self.anonymous_secrets[secret_id]

    def blob(self, blob_id: str) -> Path:
        """Give the place of what was uploaded beside the RPCs."""
        return self.root / "blobs" / blob_id

    def block(self, sha256: str) -> Path:
        """Give the place of a block of a file that was put for a volume of version 2."""
        return self.root / "blocks" / sha256

    def volume(self, volume_id: str) -> Path:
        """Give the folder that a volume's files are in."""
        return self.root / "volumes" / volume_id

    async def tell(self) -> None:
        """Notify everybody who waits."""
        async with self.changed:
            self.changed.notify_all()

    async def until(self, happened: Callable[[], Any], seconds: float | None = None) -> bool:
        """Wait until something is so; False after ``seconds``."""
        try:
            async with self.changed:
                await asyncio.wait_for(self.changed.wait_for(happened), seconds)
        except TimeoutError:
            return False
        return True
