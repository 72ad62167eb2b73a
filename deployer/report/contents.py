"""All that a release runs and is given, for a deployment that nothing can be compared with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from deployer.plan.changes import told
from deployer.plan.powers import powers
from deployer.release import Argument, Release
from deployer.report.rows import row
from deployer.visible import visible


def contents(release: Release) -> Iterator[str]:
    """Give the lines: image, command, variables, mounts and secrets. Nothing is left out."""
    yield "What is run"
    for change, why, _ in powers(release):
        yield from row("security", visible(f"{change.what} {change.new}: {why}"))
    if release.engine.image:
        yield from row("image", visible(release.engine.image))
    words = [*release.engine.command, *(w for a in release.arguments for w in _words(a))]
    yield from row("command", visible(shlex.join(words)))
    for variable in release.environment:
        yield from row(
            "variable", visible(f"{variable.name}={told(variable.name, variable.value)}")
        )
    if release.modal is None:
        return
    modal = release.modal
    for mount in modal.mounts:
        yield from row("mount", visible(f"volume {mount.volume} at {mount.path}"))
    key = release.listen.api_key_variable
    for name, what in ((modal.api_key_secret, key), (modal.hub_secret, "the hub's token")):
        if name:
            yield from row("secret", visible(f"{name} ({what})"))


def _words(argument: Argument) -> tuple[str, ...]:
    values = tuple(told(argument.flag, value) for value in argument.values)
    return Argument(argument.flag, values, argument.source).words()
