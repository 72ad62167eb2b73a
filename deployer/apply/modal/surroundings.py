"""What a server's container sees beside its image, as Modal's client takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import modal

from deployer.release import WeightsMount

if TYPE_CHECKING:
    from deployer.release import Bucket, ModalParameters, Mount


def volume_of(mount: Mount) -> modal.Volume:
    """Name a volume; it is created where it is missing, with the version that is asked for.

    One of another environment is never created: it is there, or the deployment fails.
    """
    version = mount.version or None
    elsewhere = mount.environment if isinstance(mount, WeightsMount) else ""
    return modal.Volume.from_name(
        mount.volume,
        environment_name=elsewhere or None,
        create_if_missing=not elsewhere,
        version=version,
    )


def further_mounts(
    parameters: ModalParameters,
) -> dict[str, modal.Volume | modal.CloudBucketMount]:
    """Give the further volumes and the buckets, by the paths at which they are seen."""
    volumes = {
        one.path: volume_of(one).with_mount_options(
            read_only=one.read_only, sub_path=one.sub_path or None
        )
        for one in parameters.volumes
    }
    return {**volumes, **{one.path: _bucket(one) for one in parameters.buckets}}


def further_secrets(parameters: ModalParameters) -> list[modal.Secret]:
    """Name the further secrets; a deployment fails where one, or a variable in it, is missing."""
    return [
        modal.Secret.from_name(one.secret, required_keys=list(one.variables))
        for one in parameters.secrets
    ]


def _bucket(one: Bucket) -> modal.CloudBucketMount:
    return modal.CloudBucketMount(
        one.bucket,
        bucket_endpoint_url=one.endpoint_url or None,
        key_prefix=one.key_prefix or None,
        secret=modal.Secret.from_name(one.secret) if one.secret else None,
        oidc_auth_role_arn=one.role or None,
        read_only=one.read_only,
        requester_pays=one.requester_pays,
        force_path_style=one.force_path_style,
    )
