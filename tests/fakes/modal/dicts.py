"""Dicts: small values under keys, of which one can be written only where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from tests.fakes.modal.state import identity

if TYPE_CHECKING:
    from tests.fakes.modal.state import State


class Dicts:
    """The handlers of these RPCs."""

    state: State

    async def dict_get_or_create(
        self, request: api_pb2.DictGetOrCreateRequest
    ) -> api_pb2.DictGetOrCreateResponse:
        name, environment = request.deployment_name, request.environment_name or "main"
        if environment not in self.state.environments:
            raise GRPCError(Status.NOT_FOUND, f"Environment '{environment}' not found")
        dict_id = identity("di", name, environment)
        if dict_id not in self.state.dicts:
            if request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
                raise GRPCError(Status.NOT_FOUND, f"Dict '{name}' not found")
            self.state.dicts[dict_id] = {}
        return api_pb2.DictGetOrCreateResponse(
            dict_id=dict_id, metadata=api_pb2.DictMetadata(name=name)
        )

    async def dict_get(self, request: api_pb2.DictGetRequest) -> api_pb2.DictGetResponse:
        value = self._entries(request.dict_id).get(request.key)
        return api_pb2.DictGetResponse(found=value is not None, value=value)

    async def dict_update(self, request: api_pb2.DictUpdateRequest) -> api_pb2.DictUpdateResponse:
        """Write; with ``if_not_exists`` what is there stays, as the client says of it."""
        entries = self._entries(request.dict_id)
        given = {update.key: update.value for update in request.updates}
        new = {key: value for key, value in given.items() if key not in entries}
        entries |= new if request.if_not_exists else given
        return api_pb2.DictUpdateResponse(created=bool(new))

    async def dict_pop(self, request: api_pb2.DictPopRequest) -> api_pb2.DictPopResponse:
        value = self._entries(request.dict_id).pop(request.key, None)
        return api_pb2.DictPopResponse(found=value is not None, value=value)

    async def dict_contents(
        self, request: api_pb2.DictContentsRequest
    ) -> AsyncIterator[api_pb2.DictEntry]:
        for key, value in list(self._entries(request.dict_id).items()):
            yield api_pb2.DictEntry(
                key=key if request.keys else b"", value=value if request.values else b""
            )

    def _entries(self, dict_id: str) -> dict[bytes, bytes]:
        if dict_id not in self.state.dicts:
            raise GRPCError(Status.NOT_FOUND, f"Dict {dict_id} not found")
        return self.state.dicts[dict_id]
