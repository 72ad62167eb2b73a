"""A release as the text that reviewers and shells read."""

from __future__ import annotations

import shlex

from deployer.codec import encode
from deployer.plan.changes import apart_from, part_words
from deployer.release import Release, unsaid
from deployer.report.changes import line
from deployer.report.envelope import envelope

HEADER = "# Compiled by `deployer compile --write`. Edit the profile, not this file."

COUNTS = frozenset({"restarts"})
"""What of a life is a number of times; all else of it is in seconds."""


def flags(release: Release) -> str:
    """Give one flag a line, so that git's own diff of this text is the flag diff.

    Behind the flags, as comments: the door, the environment, the image and the Modal parameters.
    """
    lines = [HEADER, shlex.join(release.engine.command)]
    lines += [shlex.join(argument.words()) for argument in release.arguments]
    lines += [
        f"# door {name}: {_value(item) or 'none'}" for name, item in encode(release.listen).items()
    ]
    lines += [f"# env {v.name}={shlex.quote(v.value)}" for v in release.environment]
    left = {*unsaid(release)} - {"modal.auth"}
    if release.engine.image:
        lines.append(f"# image {release.engine.image}")
    if release.engine.registry_secret:
        lines.append(f"# image registry_secret: {release.engine.registry_secret}")
    lines += [f"# image step: {part_words(encode(one))}" for one in release.engine.image_steps]
    if release.hardware.count:
        lines.append(f"# gpu {release.shape}")
    if release.modal is not None:
        lines += [
            f"# modal {name}: {_value(item)}"
            for name, item in encode(release.modal).items()
            if item not in ("", []) and f"modal.{name}" not in left
        ]
    lines += [
        f"# lifecycle {name}: {item:g}{'' if name in COUNTS else ' s'}"
        for name, item in encode(release.lifecycle).items()
        if isinstance(item, int | float)
    ]
    lines += [
        f"# lifecycle stage {one.name}: {one.seconds:g} s"
        for one in release.lifecycle.stage_budgets
    ]
    lines.append(f"# warm-up {', '.join(request.kind for request in release.warmup) or 'none'}")
    first, *others = release.each_shape()
    for other in others:
        lines.append(f"# else gpu {other.shape}: {other.name}, and where it is not as above")
        lines += [f"# {line(change)}" for change in apart_from(first, other)]
    return "\n".join(lines) + "\n"


def command(release: Release) -> str:
    """Give the command for a shell, with its environment in front."""
    variables = [f"{v.name}={shlex.quote(v.value)}" for v in release.environment]
    head = " ".join([*variables, shlex.join(release.engine.command)])
    rest = [shlex.join(argument.words()) for argument in release.arguments]
    return " \\\n  ".join([head, *rest]) + "\n"


def to_json(release: Release) -> str:
    """Write the whole release, as :meth:`Release.from_json` reads it."""
    return envelope(encode(release), release.format_version)


def _value(item: object) -> str:
    if isinstance(item, dict):
        return " at ".join(str(part) for part in item.values() if part)
    if isinstance(item, list):
        return ", ".join(part_words(part) if isinstance(part, dict) else str(part) for part in item)
    return str(item)
