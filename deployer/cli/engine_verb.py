"""`deployer engine`: the engine's own environment."""

from __future__ import annotations

import click

from deployer.cli.say import show

NEWEST = "0.5.23"
"""The release that `engine install` takes where none is named: the one with a CPU lock."""


@click.group("engine")
def command() -> None:
    """Install or remove the engine's own environment: the real SGLang, for the CPU.

    It is apart from deployer's own packages, which stay small, and is made from a complete lock.
    """


@command.command("install")
@click.argument("version", default=NEWEST)
def install_command(version: str) -> None:
    """Install SGLang VERSION for the CPU; a second time does nothing.

    A release without a CPU lock of its own is laid over the newest one, for `deployer resolve`.
    """
    from deployer.cli.progress import PhaseLines, Steps  # noqa: PLC0415
    from deployer.engine.install import install, locate  # noqa: PLC0415
    from deployer.engine.overlay import install_overlay, is_overlay  # noqa: PLC0415

    if is_overlay(version):
        with PhaseLines() as lines:
            steps = Steps(lines, "engine")
            root = install_overlay(version, progress=steps)
            steps.done()
        show(f"SGLang {version} is installed in {root}, for `deployer resolve` only")
        return
    found = locate(version)
    if found is not None:
        show(f"SGLang {version} is installed in {found.root}")
        return
    with PhaseLines() as lines:
        steps = Steps(lines, "engine")
        engine = install(version, progress=steps)
        steps.done()
    show(f"SGLang {version} is installed in {engine.root}")


@command.command("status")
def status_command() -> None:
    """Show which engines can be installed here, and which are."""
    from deployer.engine.install import ENGINES, locate  # noqa: PLC0415
    from deployer.engine.overlay import installed_overlays  # noqa: PLC0415

    for version in ENGINES:
        found = locate(version)
        where = f"installed in {found.root}" if found else "not installed"
        show(f"SGLang {version} for the CPU: {where}")
    for version, root in installed_overlays().items():
        show(f"SGLang {version} for `deployer resolve` only: installed in {root}")


@command.command("remove")
@click.argument("version", default=NEWEST)
def remove_command(version: str) -> None:
    """Delete the environment of SGLang VERSION."""
    from deployer.engine.install import remove  # noqa: PLC0415
    from deployer.engine.overlay import is_overlay, remove_overlay  # noqa: PLC0415

    gone = remove_overlay(version) if is_overlay(version) else remove(version)
    show(f"SGLang {version} is removed" if gone else f"SGLang {version} is not installed")
