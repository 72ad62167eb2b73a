"""Which engine, in which release, with what that has no typed field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from deployer.facts.sglang.versions import RELEASE
from deployer.profile.names import ImageReference, ModalName
from deployer.profile.section import Section
from deployer.profile.sections.image import ImageStep

ArgName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
ArgScalar = Annotated[str, Field(min_length=1)] | int | float
ArgValue = ArgScalar | list[ArgScalar] | Literal[True]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Engine(Section):
    """The inference engine: release, image, and whatever has no typed field."""

    name: Literal["sglang"] = "sglang"
    """The engine's name."""

    version: Annotated[str, Field(pattern=RELEASE)]
    """The pinned release. It decides how every flag is spelt, so it must be the image's."""

    image: ImageReference | None = None
    """The container image, pinned by tag or digest. Needed on Modal, unused on your machine."""

    registry_secret: ModalName | None = None
    """The Modal secret that opens the image's registry, for an image that is not for everybody:
    `REGISTRY_USERNAME` and `REGISTRY_PASSWORD`, or the variables of Amazon's or Google's."""

    image_steps: Annotated[tuple[ImageStep, ...], Strict(strict=False)] = ()
    """What is built into the image on Modal, a layer for each step."""

    args: dict[ArgName, ArgValue] = Field(default_factory=dict)
    """Engine flags without a typed field, by name without the dashes: a value, a list of values,
    or `true` for a switch (`enable-mixed-chunk: true`)."""

    env: dict[VariableName, str] = Field(default_factory=dict)
    """Environment variables of the engine, as text (`"1"`). Never a secret: name those under
    `modal` and in `serving.api_key_env`."""
