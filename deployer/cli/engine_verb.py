"""`deployer engine`: the engine's own environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

import click

from deployer.cli.completing import releases
from deployer.cli.forms import FORM, result
from deployer.errors import Failure, UsageError
from deployer.visible import visible

NEWEST = "0.5.23"
"""The release that `engine install` takes where none is named: the one with a CPU lock."""


@click.group("engine")
def command() -> None:
    """Install or remove the engine's own environment: the real SGLang, for the CPU or a GPU.

    It is apart from deployer's own packages, which stay small, and is made from a complete lock.
    """


@command.command("install")
@click.argument("version", default=NEWEST, shell_complete=releases)
@click.option("--gpu", is_flag=True, help="With CUDA, for measurements on a machine with a GPU.")
@click.option("--yes", is_flag=True, help="Do not ask whether so much may be downloaded.")
@FORM
def install_command(version: str, gpu: bool, yes: bool, form: str) -> int:  # noqa: FBT001 - flags
    """Install SGLang VERSION for the CPU, or with CUDA; a second time does nothing.

    A release without a CPU lock of its own is laid over the newest one, for `deployer resolve`.
    With `--gpu` it is the release's own requirements with CUDA, out of a lock with hashes: how
    much that is, is said before, and asked unless `--yes`. `bench/gpu/` measures with it.
    """
    if gpu:
        return _install_cuda(version, yes=yes, form=form)
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


def _install_cuda(version: str, *, yes: bool, form: str) -> int:
    from deployer.cli.progress import PhaseLines, Steps  # noqa: PLC0415
    from deployer.cli.say import ask, can_ask, tell  # noqa: PLC0415
    from deployer.engine import cuda  # noqa: PLC0415

    wanted = cuda.describe(version, os.environ)
    found = cuda.locate(version)
    if found is None:
        name = cuda.check_driver(wanted, cuda.ask_driver())
        tell(f"SGLang {version} with CUDA for {visible(name)}: {wanted.text()}.")
        if not yes and not (can_ask() and ask("Install it?")):
            message = "nothing was installed: nobody agreed"
            raise Failure(message, hint="`--yes` agrees")
        with PhaseLines() as lines:
            steps = Steps(lines, "engine")
            found = cuda.install(version, progress=steps)
            steps.done()
    engine = _Engine(version, "cuda", str(found.root))
    result(form, {"engine": engine}, engine.text)
    return 0


@command.command("status")
@FORM
def status_command(form: str) -> int:
    """Show which engines can be installed here, and which are."""
    from deployer.engine import cuda  # noqa: PLC0415
    from deployer.engine.install import ENGINES, locate  # noqa: PLC0415
    from deployer.engine.overlay import installed_overlays  # noqa: PLC0415

    found = [(version, locate(version)) for version in ENGINES]
    engines = [_Engine(version, "cpu", str(at.root) if at else "") for version, at in found]
    engines += [_Engine(v, "resolve", str(root)) for v, root in installed_overlays().items()]
    there = {version: cuda.locate(version) for version in cuda.LOCKS}
    engines += [_Engine(v, "cuda", str(at.root)) for v, at in there.items() if at]
    result(
        form, {"engines": tuple(engines)}, lambda: "\n".join(engine.text() for engine in engines)
    )
    return 0


@command.command("remove")
@click.argument("version", default=NEWEST, shell_complete=releases)
@click.option("--gpu", is_flag=True, help="The one with CUDA.")
@FORM
def remove_command(version: str, gpu: bool, form: str) -> int:  # noqa: FBT001 - a flag
    """Delete the environment of SGLang VERSION."""
    from deployer.cli.reading import known_release  # noqa: PLC0415
    from deployer.engine import cuda  # noqa: PLC0415
    from deployer.engine.install import remove  # noqa: PLC0415
    from deployer.engine.overlay import is_overlay, remove_overlay  # noqa: PLC0415

    version = known_release(version)
    if gpu:
        gone = cuda.remove(version)
    else:
        gone = remove_overlay(version) if is_overlay(version) else remove(version)
    if not gone:
        message = f"SGLang {version} is not installed"
        raise UsageError(message, hint="`deployer engine status` shows what is")
    result(form, {"version": version, "removed": True}, lambda: f"SGLang {version} is removed")
    return 0


USES = {"cpu": "for the CPU", "resolve": "for `deployer resolve` only", "cuda": "with CUDA"}


@dataclass(frozen=True, slots=True)
class _Engine:
    """An engine that can be here, and what for; ``folder`` is empty where it is not."""

    version: str
    use: Literal["cpu", "resolve", "cuda"]
    folder: str

    def text(self) -> str:
        """Write it for people."""
        use = USES[self.use]
        where = f"installed in {visible(self.folder)}" if self.folder else "not installed"
        return f"SGLang {self.version} {use}: {where}"
