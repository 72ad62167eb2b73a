"""Environments, secrets, mounts and images."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from tests.fakes.modal.state import Build, identity

if TYPE_CHECKING:
    from tests.fakes.modal.state import State

BUILDER = "2025.06"
"""The image builder that this plane says it has. A client refuses one that it does not know."""


class Objects:
    """The handlers of these RPCs; each takes the request and gives the response."""

    state: State
    url: str
    rates: dict[str, str]

    async def environment_get_or_create(
        self, request: api_pb2.EnvironmentGetOrCreateRequest
    ) -> api_pb2.EnvironmentGetOrCreateResponse:
        name = request.deployment_name or "main"
        if name not in self.state.environments:
            raise GRPCError(Status.NOT_FOUND, f"Environment '{name}' not found")
        settings = api_pb2.EnvironmentSettings(image_builder_version=BUILDER)
        return api_pb2.EnvironmentGetOrCreateResponse(
            environment_id=identity("en", name),
            metadata=api_pb2.EnvironmentMetadata(name=name, settings=settings),
        )

    async def environment_list(self, request: Empty) -> api_pb2.EnvironmentListResponse:
        del request
        names = sorted(self.state.environments)
        return api_pb2.EnvironmentListResponse(
            items=[api_pb2.EnvironmentListItem(name=n, default=n == "main") for n in names]
        )

    async def secret_get_or_create(
        self, request: api_pb2.SecretGetOrCreateRequest
    ) -> api_pb2.SecretGetOrCreateResponse:
        if not request.deployment_name:
            values = dict(request.env_dict)
            secret_id = identity("st", sorted(values.items()))
            self.state.anonymous_secrets[secret_id] = values
            return api_pb2.SecretGetOrCreateResponse(secret_id=secret_id)
        environment = request.environment_name or "main"
        found = self.state.secrets.get((request.deployment_name, environment))
        if request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
            if found is not None:
                raise GRPCError(Status.ALREADY_EXISTS, f"Secret '{request.deployment_name}' exists")
            found = dict(request.env_dict)
            self.state.secrets[(request.deployment_name, environment)] = found
        if found is None:
            message = f"Secret '{request.deployment_name}' not found in environment '{environment}'"
            raise GRPCError(Status.NOT_FOUND, message)
        if missing := [key for key in request.required_keys if key not in found]:
            message = f"Secret '{request.deployment_name}' is missing key(s): {', '.join(missing)}"
            raise GRPCError(Status.FAILED_PRECONDITION, message)
        return api_pb2.SecretGetOrCreateResponse(
            secret_id=identity("st", request.deployment_name, environment),
            metadata=api_pb2.SecretMetadata(name=request.deployment_name, keys=sorted(found)),
        )

    async def workspace_name_lookup(self, request: Empty) -> api_pb2.WorkspaceNameLookupResponse:
        del request
        return api_pb2.WorkspaceNameLookupResponse(username="example")

    async def proxy_get(self, request: api_pb2.ProxyGetRequest) -> api_pb2.ProxyGetResponse:
        return api_pb2.ProxyGetResponse(
            proxy=api_pb2.Proxy(name=request.name, proxy_id=f"pr-{request.name}")
        )

    async def webhook_token_create(
        self, request: api_pb2.WebhookTokenCreateRequest
    ) -> api_pb2.TokenCreateResponse:
        number = len(self.state.proxy_tokens)
        token_id = f"wk-{identity('', 'proxy token', request.name, number)[1:]}"
        secret = f"ws-{identity('', 'proxy token secret', number)[1:]}"
        self.state.proxy_tokens[token_id] = secret
        return api_pb2.TokenCreateResponse(token_id=token_id, token_secret=secret)

    async def webhook_token_list(self, request: Empty) -> api_pb2.WebhookTokenListResponse:
        del request
        return api_pb2.WebhookTokenListResponse(
            tokens=[api_pb2.WebhookToken(token_id=each) for each in self.state.proxy_tokens]
        )

    async def workspace_billing_rates(
        self, request: api_pb2.WorkspaceBillingRatesRequest
    ) -> api_pb2.WorkspaceBillingRatesResponse:
        del request
        return api_pb2.WorkspaceBillingRatesResponse(rates=self.rates)

    async def mount_batched_check_existence(
        self, request: api_pb2.MountBatchedCheckExistenceRequest
    ) -> api_pb2.MountBatchedCheckExistenceResponse:
        missing = [h for h in request.sha256_hex_hashes if h not in self.state.files]
        return api_pb2.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=missing)

    async def blob_create(self, request: api_pb2.BlobCreateRequest) -> api_pb2.BlobCreateResponse:
        blob_id = identity("bl", request.content_sha256_base64)
        urls = api_pb2.UploadUrlList(items=[f"{self.url}/blob/{blob_id}"])
        return api_pb2.BlobCreateResponse(blob_ids=[blob_id], upload_urls=urls)

    async def mount_put_file(
        self, request: api_pb2.MountPutFileRequest
    ) -> api_pb2.MountPutFileResponse:
        data: bytes | None = None
        match request.WhichOneof("data_oneof"):
            case "data":
                data = request.data
            case "data_blob_id":
                data = self.state.blob(request.data_blob_id).read_bytes()
        if data is not None:
            digest = hashlib.sha256(data).hexdigest()
            if digest != request.sha256_hex:
                raise GRPCError(Status.INVALID_ARGUMENT, "the hash is not that of the data")
            path = self.state.root / "files" / digest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self.state.files[digest] = path
        exists = request.sha256_hex in self.state.files
        return api_pb2.MountPutFileResponse(exists=exists)

    async def mount_get_or_create(
        self, request: api_pb2.MountGetOrCreateRequest
    ) -> api_pb2.MountGetOrCreateResponse:
        files = sorted(request.files, key=lambda one: one.filename)
        parts = [(one.filename, one.sha256_hex, one.mode) for one in files]
        mount_id = identity("mo", request.deployment_name, parts)
        self.state.mounts[mount_id] = files
        return api_pb2.MountGetOrCreateResponse(
            mount_id=mount_id, handle_metadata=api_pb2.MountHandleMetadata()
        )

    async def image_get_or_create(
        self, request: api_pb2.ImageGetOrCreateRequest
    ) -> api_pb2.ImageGetOrCreateResponse:
        image_id = identity("im", request.image.SerializeToString(deterministic=True))
        self.state.images[image_id] = request.image
        build = self._build_of(image_id)
        done = build is None or build.over
        return api_pb2.ImageGetOrCreateResponse(
            image_id=image_id,
            result=_built(build) if done else None,
            metadata=api_pb2.ImageMetadata(image_builder_version=BUILDER),
        )

    async def image_join_streaming(
        self, request: api_pb2.ImageJoinStreamingRequest
    ) -> AsyncIterator[api_pb2.ImageJoinStreamingResponse]:
        """Give what a build writes, and its result once the test lets it end."""
        build = self._build_of(request.image_id)
        if build is not None:
            for number, line in enumerate(build.lines):
                log = api_pb2.TaskLogs(
                    data=f"{line}\n", file_descriptor=api_pb2.FILE_DESCRIPTOR_STDOUT
                )
                yield api_pb2.ImageJoinStreamingResponse(entry_id=str(number), task_logs=[log])
            await self.state.until(lambda: build.may_end)
            build.over = True
        yield api_pb2.ImageJoinStreamingResponse(
            result=_built(build),
            metadata=api_pb2.ImageMetadata(image_builder_version=BUILDER),
            eof=True,
        )

    def _build_of(self, image_id: str) -> Build | None:
        """Give the build that a test has planned for an image, by a part of its commands."""
        commands = "\n".join(self.state.images[image_id].dockerfile_commands)
        return next((b for part, b in self.state.builds.items() if part in commands), None)


def _built(build: Build | None) -> api_pb2.GenericResult:
    """Give the result of a build: one that nobody has planned is well."""
    if build is not None and build.fails:
        return api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_FAILURE)
    return api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS)
