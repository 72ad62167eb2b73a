"""One apply on its way: what every step of it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.apply.local.folder import Folder
    from deployer.apply.local.interrupts import Interrupts
    from deployer.apply.local.key import Key
    from deployer.apply.local.parts import Parts
    from deployer.apply.phases import Phases
    from deployer.release import Release

ConfirmInstall = Callable[[str], bool]
"""Asked before the engine is installed, told how much that is; False stops the apply."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to apply (``release``, as the profile compiled it), where, and with what."""

    release: Release
    profile_path: str
    folder: Folder
    key: Key
    environ: Mapping[str, str]
    confirm_install: ConfirmInstall
    phases: Phases
    interrupts: Interrupts
    parts: Parts

    @property
    def url(self) -> str:
        """Where the server is, seen from this machine."""
        return f"http://127.0.0.1:{self.release.listen.port}"
