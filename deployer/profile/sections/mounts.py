"""What a container on Modal sees beside its image: volumes, buckets, secrets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from deployer.profile.names import EnvironmentName, ModalName, MountPath, SubPath, WebAddress
from deployer.profile.section import Section

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Volume(Section):
    """A Modal volume and the path at which containers see it."""

    volume: ModalName
    """The volume's name; it is created if it does not exist."""

    path: MountPath
    """Where it is mounted. The image must have nothing at that path."""

    version: Literal[1, 2] | None = None
    """The version of Modal's file system that a new volume gets. One that is there with another
    version is refused; left out, it is taken as it is."""


class Weights(Volume):
    """The volume that holds the weights."""

    environment: EnvironmentName | None = None
    """The Modal environment whose volume it is, where that is not the app's own: nothing is
    downloaded onto it then, and it is only read."""


class FurtherVolume(Volume):
    """One more volume that the server sees."""

    read_only: bool = True
    """Whether the server may only read it. What it writes elsewhere is kept by Modal itself."""

    sub_path: SubPath | None = None
    """The folder of the volume that is mounted, instead of all of it."""


class Bucket(Section):
    """A bucket of S3, or of what speaks its language, that the server sees as a folder."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    """The bucket's name."""

    path: MountPath
    """Where it is mounted."""

    endpoint_url: WebAddress | None = None
    """Where the bucket is, if not at Amazon's: needed for Cloudflare R2 and Google's storage."""

    key_prefix: Annotated[str, Field(pattern=r"^[^\s/][^\s]*/$", max_length=512)] | None = None
    """What the names of the objects begin with, up to and with a `/`."""

    secret: ModalName | None = None
    """The Modal secret with the credentials (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`)."""

    role: Annotated[str, Field(pattern=r"^arn:[\x21-\x7e]+$", max_length=2048)] | None = None
    """The role at Amazon to take on by OpenID Connect, instead of credentials."""

    read_only: bool = True
    """Whether the server may only read it."""

    requester_pays: bool = False
    """Whether who asks pays for the requests; needs a secret."""

    force_path_style: bool = False
    """Whether the bucket stands in the path of its address, and not in the host's name."""


class FurtherSecret(Section):
    """One more Modal secret for the server: all of its variables are in the container."""

    secret: ModalName
    """The secret's name."""

    variables: Annotated[tuple[VariableName, ...], Strict(strict=False)] = ()
    """Variables that it must hold; a deployment fails where one is missing."""
