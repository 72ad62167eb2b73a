"""From a profile's text to a Profile, or to everything that is wrong with it, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from deployer.finding import Finding, Severity
from deployer.profile import layers
from deployer.profile.model import Profile
from deployer.profile.partial import partial

if TYPE_CHECKING:
    from deployer.profile.layers import Text
    from deployer.profile.source import Source

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[ModelT]):
    """What a text came to: a profile, or findings of which at least one is an error.

    ``source`` places whatever later rooms find about a value (:meth:`Source.located`).
    ``partial`` is what is known of a profile that is not right (:mod:`deployer.profile.partial`),
    so that the rest of it can be judged at the same time; None where nothing is, or all is well.
    """

    profile: ModelT | None
    findings: tuple[Finding, ...]
    source: Source
    partial: ModelT | None = None


def load_profile(text: Text, file: str) -> Loaded[Profile]:
    """Read and validate a profile; ``file`` is the name that findings give it.

    Its layers are laid over each other (:mod:`deployer.profile.layers`). Raises nothing for what
    an author can write. ``text`` is the file decoded as UTF-8 with ``errors="surrogateescape"``.
    """
    return load(Profile, text, file)


def load(model: type[ModelT], text: Text, file: str) -> Loaded[ModelT]:
    """Read and validate a text as any model: the findings of YAML and schema, by line."""
    source = layers.read(text, file)
    found = list(source.findings)
    profile, wrong = None, set(source.doubtful)
    if source.complete:
        try:
            profile = model.model_validate(source.value)
        except ValidationError as error:
            from deployer.profile import schema_findings  # noqa: PLC0415 - only for what is wrong

            found += schema_findings.findings(error, model, source)
            wrong |= schema_findings.paths(error, model, source)
    rest = None
    if any(finding.severity is Severity.ERROR for finding in found):
        profile, rest = None, partial(model, source.value, wrong)
    found.sort(key=_place)
    return Loaded(profile=profile, findings=tuple(found), source=source, partial=rest)


def _place(finding: Finding) -> tuple[str, int, int]:
    span = finding.span
    return (finding.file, span.line, span.column) if span else (finding.file, 0, 0)
