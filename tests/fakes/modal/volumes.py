"""Volumes, of either version of their file system: a folder each."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from tests.fakes.modal.state import BLOCK_SIZE, identity

if TYPE_CHECKING:
    from tests.fakes.modal.state import State

V1, V2 = api_pb2.VOLUME_FS_VERSION_V1, api_pb2.VOLUME_FS_VERSION_V2


class Volumes:
    """The handlers of these RPCs; each takes the request and gives the response."""

    state: State
    url: str

    async def volume_get_or_create(
        self, request: api_pb2.VolumeGetOrCreateRequest
    ) -> api_pb2.VolumeGetOrCreateResponse:
        name, environment = request.deployment_name, request.environment_name or "main"
        volume_id = identity("vo", name, environment)
        if volume_id not in self.state.volumes:
            if request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
                message = f"Volume '{name}' not found in environment '{environment}'"
                raise GRPCError(Status.NOT_FOUND, message)
            self.volume(name, environment, request.version or V1)
        return api_pb2.VolumeGetOrCreateResponse(
            volume_id=volume_id,
            metadata=api_pb2.VolumeMetadata(
                name=name, version=self.state.volume_versions[volume_id]
            ),
        )

    def volume(
        self,
        name: str,
        environment: str = "main",
        version: api_pb2.VolumeFsVersion.ValueType = V1,
    ) -> Path:
        """Give the folder of a volume by its name, which is made where it is not there."""
        volume_id = identity("vo", name, environment)
        if volume_id not in self.state.volumes:
            self.state.volumes[volume_id] = (name, environment)
            self.state.volume_versions[volume_id] = version
            self.state.volume(volume_id).mkdir(parents=True)
        return self.state.volume(volume_id)

    async def volume_reload(self, request: api_pb2.VolumeReloadRequest) -> Empty:
        del request
        return Empty()

    async def volume_commit(
        self, request: api_pb2.VolumeCommitRequest
    ) -> api_pb2.VolumeCommitResponse:
        del request
        return api_pb2.VolumeCommitResponse(skip_reload=True)

    async def volume_delete(self, request: api_pb2.VolumeDeleteRequest) -> Empty:
        del self.state.volumes[request.volume_id]
        shutil.rmtree(self.state.volume(request.volume_id))
        return Empty()

    async def volume_put_files(self, request: api_pb2.VolumePutFilesRequest) -> Empty:
        self._of_version(request.volume_id, V1)
        for file in request.files:
            path = self._inside(request.volume_id, file.filename)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.state.files[file.sha256_hex].read_bytes())
        return Empty()

    async def volume_put_files2(
        self, request: api_pb2.VolumePutFiles2Request
    ) -> api_pb2.VolumePutFiles2Response:
        """Put files together from blocks, or say where those are to be put that are missing."""
        self._of_version(request.volume_id, V2)
        missing = [
            api_pb2.VolumePutFiles2Response.MissingBlock(
                file_index=number,
                block_index=index,
                put_url=f"{self.url}/block/{block.contents_sha256.hex()}",
            )
            for number, file in enumerate(request.files)
            for index, block in enumerate(file.blocks)
            if not self.state.block(block.contents_sha256.hex()).is_file()
        ]
        if missing:
            return api_pb2.VolumePutFiles2Response(missing_blocks=missing)
        for file in request.files:
            path = self._inside(request.volume_id, file.path)
            if path.exists() and request.disallow_overwrite_existing_files:
                raise GRPCError(Status.ALREADY_EXISTS, f"{file.path} exists")
            path.parent.mkdir(parents=True, exist_ok=True)
            blocks = (self.state.block(block.contents_sha256.hex()) for block in file.blocks)
            # A client leaves out the zeros that a block ends with.
            whole = (block.read_bytes().ljust(BLOCK_SIZE, b"\0") for block in blocks)
            path.write_bytes(b"".join(whole)[: file.size])
        return api_pb2.VolumePutFiles2Response()

    async def volume_get_file2(
        self, request: api_pb2.VolumeGetFile2Request
    ) -> api_pb2.VolumeGetFile2Response:
        path = self._inside(request.volume_id, request.path)
        if not path.is_file():
            raise GRPCError(Status.NOT_FOUND, f"No such file: {request.path}")
        size = path.stat().st_size
        relative = path.relative_to(self.state.volume(request.volume_id))
        address = f"{self.url}/volume/{request.volume_id}/{relative}"
        urls = [f"{address}?from={at}" for at in range(0, size, BLOCK_SIZE)]
        return api_pb2.VolumeGetFile2Response(get_urls=urls, size=size, start=0, len=size)

    async def volume_remove_file(self, request: api_pb2.VolumeRemoveFileRequest) -> Empty:
        self._of_version(request.volume_id, V1)
        return self._remove(request.volume_id, request.path)

    async def volume_remove_file2(self, request: api_pb2.VolumeRemoveFile2Request) -> Empty:
        self._of_version(request.volume_id, V2)
        return self._remove(request.volume_id, request.path)

    async def volume_list_files(
        self, request: api_pb2.VolumeListFilesRequest
    ) -> AsyncIterator[api_pb2.VolumeListFilesResponse]:
        self._of_version(request.volume_id, V1)
        entries = self._listed(request.volume_id, request.path, recursive=request.recursive)
        yield api_pb2.VolumeListFilesResponse(entries=entries)

    async def volume_list_files2(
        self, request: api_pb2.VolumeListFiles2Request
    ) -> AsyncIterator[api_pb2.VolumeListFiles2Response]:
        self._of_version(request.volume_id, V2)
        entries = self._listed(request.volume_id, request.path, recursive=request.recursive)
        yield api_pb2.VolumeListFiles2Response(entries=entries)

    def _listed(self, volume_id: str, path: str, *, recursive: bool) -> list[api_pb2.FileEntry]:
        folder, root = self._inside(volume_id, path), self.state.volume(volume_id)
        if not folder.exists():
            raise GRPCError(Status.NOT_FOUND, f"No such file or directory: {path}")
        return [
            api_pb2.FileEntry(
                path=str(found.relative_to(root)),
                type=api_pb2.FileEntry.DIRECTORY if found.is_dir() else api_pb2.FileEntry.FILE,
                size=found.stat().st_size,
                mtime=int(found.stat().st_mtime),
            )
            for found in sorted(folder.rglob("*") if recursive else folder.iterdir())
        ]

    def _remove(self, volume_id: str, path: str) -> Empty:
        found = self._inside(volume_id, path)
        if not found.is_file():
            raise GRPCError(Status.NOT_FOUND, f"No such file: {path}")
        found.unlink()
        return Empty()

    def _of_version(self, volume_id: str, version: api_pb2.VolumeFsVersion.ValueType) -> None:
        """Refuse a call that is for volumes of the other version."""
        if self.state.volume_versions.get(volume_id, version) != version:
            raise GRPCError(Status.FAILED_PRECONDITION, f"{volume_id} has another version")

    def _inside(self, volume_id: str, path: str) -> Path:
        if volume_id not in self.state.volumes:
            raise GRPCError(Status.NOT_FOUND, f"Volume {volume_id} not found")
        return self.state.volume(volume_id) / path.lstrip("/")
