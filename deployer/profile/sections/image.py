"""What is built into the engine's image, a layer for each step."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict, model_validator

from deployer.profile.names import FolderPath, ModalName, PipRequirement, WebAddress
from deployer.profile.section import Section

AptPackage = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]*(=[A-Za-z0-9.+:~-]+)?$")]
"""A package of Debian's kind, with a version after a `=` where one is wanted."""

Command = Annotated[str, Field(pattern=r"^[^\r\n\x00]*[^\s\\\x00]$", max_length=8192)]
"""One command for the shell, on one line."""


class Patch(Section):
    """A patch of the image's files: from an address, held to its hash, or as a text in here."""

    path: FolderPath
    """The folder in the image that the patch is about."""

    url: WebAddress | None = None
    """Where the patch lies. Needs its `sha256`."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The SHA-256 of the patch: another one ends the build."""

    text: Annotated[str, Field(min_length=1, max_length=65536)] | None = None
    """The patch itself."""

    strip: Annotated[int, Field(ge=0, le=9)] = 1
    """Folders that are left out of the names in the patch."""

    @model_validator(mode="after")
    def _one_source(self) -> Patch:
        if (self.url is None) == (self.text is None):
            msg = "a patch has an address (`url`) or stands here (`text`)"
            raise ValueError(msg)
        if (self.url is None) != (self.sha256 is None):
            msg = "a patch from an address needs its `sha256`; one that stands here needs none"
            raise ValueError(msg)
        return self


class ImageStep(Section):
    """One layer of the image: one of `apt`, `pip`, `env`, `run` and `patch`."""

    apt: Annotated[tuple[AptPackage, ...], Strict(strict=False)] | None = None
    """Packages of the image's distribution, with `=VERSION` where one is wanted."""

    pip: Annotated[tuple[PipRequirement, ...], Strict(strict=False)] | None = None
    """Python packages, each pinned: `NAME==VERSION`, `NAME @ git+https://...@COMMIT`, or the
    address of a wheel with `#sha256=...`."""

    env: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str] | None = None
    """Variables of the image, which later steps see as well. Never a secret."""

    run: Annotated[tuple[Command, ...], Strict(strict=False)] | None = None
    """Commands for the shell, one after another."""

    patch: Patch | None = None
    """A patch; the image needs the program `patch`."""

    index_url: WebAddress | None = None
    """With `pip`: the index to take packages from."""

    extra_index_url: WebAddress | None = None
    """With `pip`: another index beside it."""

    secrets: Annotated[tuple[ModalName, ...], Strict(strict=False)] = ()
    """With `pip` and `run`: Modal secrets whose variables the step sees while it is built."""

    @model_validator(mode="after")
    def _one_kind(self) -> ImageStep:
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            msg = f"a step is one of {', '.join(f'`{kind}`' for kind in KINDS)}"
            raise ValueError(msg)
        if not getattr(self, kinds[0]):
            msg = f"`{kinds[0]}` is empty"
            raise ValueError(msg)
        for key, of in (("index_url", "pip"), ("extra_index_url", "pip")):
            if getattr(self, key) is not None and kinds[0] != of:
                msg = f"`{key}` is for a step with `{of}`"
                raise ValueError(msg)
        if self.secrets and kinds[0] not in {"pip", "run"}:
            msg = "`secrets` are for steps with `pip` and `run`"
            raise ValueError(msg)
        return self


KINDS = ("apt", "pip", "env", "run", "patch")
"""What a step can be."""
