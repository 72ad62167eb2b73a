"""All that a release runs and is given, for a deployment that nothing can be compared with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from deployer.codec import encode
from deployer.plan.changes import apart_from, part_words, told
from deployer.plan.powers import powers
from deployer.release import Argument, ModalParameters, Release
from deployer.report.changes import line
from deployer.report.rows import row
from deployer.visible import visible


def contents(release: Release) -> Iterator[str]:
    """Give the lines: image, command, variables, mounts and secrets. Nothing is left out."""
    yield "What is run"
    for change, why, _ in powers(release):
        on = f"on {change.shape}: " if change.shape else ""
        yield from row("security", visible(f"{on}{change.what} {change.new}: {why}"))
    if release.engine.image:
        yield from row("image", visible(release.engine.image))
    for step in release.engine.image_steps:
        yield from row("image step", visible(part_words(encode(step))))
    words = [*release.engine.command, *(w for a in release.arguments for w in _words(a))]
    yield from row("command", visible(shlex.join(words)))
    for variable in release.environment:
        yield from row(
            "variable", visible(f"{variable.name}={told(variable.name, variable.value)}")
        )
    if release.modal is not None:
        yield from _given(release, release.modal)
    yield from _apart(release)


def _apart(release: Release) -> Iterator[str]:
    """Give what each other shape has apart from the first."""
    first, *others = release.each_shape()
    for other in others:
        yield f"On {other.hardware}, by {visible(other.name)}, otherwise"
        yield from map(line, apart_from(first, other))


def _given(release: Release, modal: ModalParameters) -> Iterator[str]:
    """Give what a container sees beside its image."""
    for mount in modal.mounts:
        yield from row("mount", visible(f"volume {mount.volume} at {mount.path}"))
    for further in (*modal.volumes, *modal.buckets):
        yield from row("mount", visible(part_words(encode(further))))
    for one in modal.secrets:
        yield from row("secret", visible(part_words(encode(one))))
    for option in modal.options:
        yield from row("option", visible(f"{option.name}: {option.value}"))
    key = release.listen.api_key_variable
    for name, what in ((modal.api_key_secret, key), (modal.hub_secret, "the hub's token")):
        if name:
            yield from row("secret", visible(f"{name} ({what})"))


def _words(argument: Argument) -> tuple[str, ...]:
    values = tuple(told(argument.flag, value) for value in argument.values)
    return Argument(argument.flag, values, argument.source).words()
