"""`deployer engine`: the engine's own environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import click

from deployer.cli.completing import releases
from deployer.cli.forms import FORM, result
from deployer.visible import visible

NEWEST = "0.5.23"
"""The release that `engine install` takes where none is named: the one with a CPU lock."""


@click.group("engine")
def command() -> None:
    """Install or remove the engine's own environment: the real SGLang, for the CPU.

    It is apart from deployer's own packages, which stay small, and is made from a complete lock.
    """


@command.command("install")
@click.argument("version", default=NEWEST, shell_complete=releases)
@FORM
def install_command(version: str, form: str) -> int:
    """Install SGLang VERSION for the CPU; a second time does nothing.

    A release without a CPU lock of its own is laid over the newest one, for `deployer resolve`.
    """
    from deployer.cli.progress import PhaseLines, Steps  # noqa: PLC0415
    from deployer.engine.install import install, locate  # noqa: PLC0415
    from deployer.engine.overlay import install_overlay, is_overlay  # noqa: PLC0415

    overlay = is_overlay(version)
    found = None if overlay else locate(version)
    if found is not None:
        root = found.root
    else:
        with PhaseLines() as lines:
            steps = Steps(lines, "engine")
            if overlay:
                root = install_overlay(version, progress=steps)
            else:
                root = install(version, progress=steps).root
            steps.done()
    engine = _Engine(version, "resolve" if overlay else "cpu", str(root))
    result(form, {"engine": engine}, engine.text)
    return 0


@command.command("status")
@FORM
def status_command(form: str) -> int:
    """Show which engines can be installed here, and which are."""
    from deployer.engine.install import ENGINES, locate  # noqa: PLC0415
    from deployer.engine.overlay import installed_overlays  # noqa: PLC0415

    found = [(version, locate(version)) for version in ENGINES]
    engines = [_Engine(version, "cpu", str(at.root) if at else "") for version, at in found]
    engines += [_Engine(v, "resolve", str(root)) for v, root in installed_overlays().items()]
    result(
        form, {"engines": tuple(engines)}, lambda: "\n".join(engine.text() for engine in engines)
    )
    return 0


@command.command("remove")
@click.argument("version", default=NEWEST, shell_complete=releases)
@FORM
def remove_command(version: str, form: str) -> int:
    """Delete the environment of SGLang VERSION."""
    from deployer.cli.reading import known_release  # noqa: PLC0415
    from deployer.engine.install import remove  # noqa: PLC0415
    from deployer.engine.overlay import is_overlay, remove_overlay  # noqa: PLC0415

    version = known_release(version)
    gone = remove_overlay(version) if is_overlay(version) else remove(version)
    told = "is removed" if gone else "was not installed, so nothing was removed"
    result(form, {"version": version, "removed": gone}, lambda: f"SGLang {version} {told}")
    return 0


@dataclass(frozen=True, slots=True)
class _Engine:
    """An engine that can be here, and what for; ``folder`` is empty where it is not."""

    version: str
    use: Literal["cpu", "resolve"]
    folder: str

    def text(self) -> str:
        """Write it for people."""
        use = "for the CPU" if self.use == "cpu" else "for `deployer resolve` only"
        where = f"installed in {visible(self.folder)}" if self.folder else "not installed"
        return f"SGLang {self.version} {use}: {where}"
