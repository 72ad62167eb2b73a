"""A profile as one text: what it comes to, each value with the file and line that it stands at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deployer.adopt.emit import scalar
from deployer.check.allow import written_at
from deployer.profile.layers import ENVIRONMENTS, EXTENDS
from deployer.profile.model import Profile
from deployer.profile.source import Path, Source
from deployer.visible import visible

ORDER = {name: place for place, name in enumerate(Profile.model_fields)}


def whole(source: Source, environment: str = "") -> str:
    """Write what a profile comes to, as a profile that extends nothing.

    In an environment, its values are in their places, and no environment is left. Comments that
    allow a finding stay above the value that they are about; others are those of the files. What
    looks like a secret is left out.
    """
    value = source.value if isinstance(source.value, Mapping) else {}
    allowed = {
        (part.file, line): comments
        for part in source.files
        for line, comments in written_at(part).items()
    }
    gone = {EXTENDS, ENVIRONMENTS} if environment else {EXTENDS}
    lines = [f"# {line}" for line in _head(source, environment)]
    for name in sorted(value, key=lambda name: ORDER.get(name, len(ORDER))):
        if name not in gone:
            lines += _entry(name, value[name], (name,), source, allowed)
    return "\n".join(lines) + "\n"


def _head(source: Source, environment: str) -> Iterator[str]:
    files = [visible(part.file) for part in source.files]
    inside = f", in the environment {environment}" if environment else ""
    over = f", over {' and '.join(files[1:])}" if files[1:] else ""
    yield f"What {files[0]} comes to{over}{inside}."


def _entry(
    key: object,
    value: object,
    path: Path,
    source: Source,
    allowed: Mapping[tuple[str, int], tuple[str, ...]],
) -> Iterator[str]:
    indent = "  " * (len(path) - 1)
    file, line = source.where(path)
    part = source.part(source.span(path))
    yield from (f"{indent}{comment}" for comment in allowed.get((file, line), ()))
    if isinstance(value, Mapping) and value:
        yield f"{indent}{scalar(key)}:"
        for name, inner in value.items():
            yield from _entry(name, inner, (*path, name), source, allowed)
    else:
        shown = "..." if line in part.secrets.lines else value
        yield f"{indent}{scalar(key)}: {scalar(shown)}  # {visible(file)}:{line}"
