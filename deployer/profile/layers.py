"""What a profile is made of: the file that it extends, itself, and what an environment changes.

``extends: base.yaml`` is read first, one level of it; what the profile says is laid over that, and
over both what ``environments`` says for the environment that was asked for. Mappings are laid over
each other key by key; a list or a single value takes the place of what was there; ``null`` takes
away what was there. Each value remembers the file and line that it is written at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from deployer.finding import Finding, Severity
from deployer.profile import yaml_source
from deployer.profile.fields import models_in
from deployer.profile.model import Profile
from deployer.profile.source import START, Elsewhere, Path, Place, Source
from deployer.profile.wording import code, joined

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

EXTENDS = "extends"
ENVIRONMENTS = "environments"
FALLBACK = "fallback"

NOT_READ = "base-not-read"
CHAIN = "base-extends"
NOT_THERE = "environment-not-there"
NOT_APART = "environment-not-apart"


@dataclass(frozen=True, slots=True)
class Named:
    """A profile that another one names in `modal.fallback`, by ``name`` as it stands there.

    ``file`` is what findings call it; ``why_not`` says why it could not be read, '' where it was.
    """

    name: str
    file: str = ""
    text: Text = ""
    why_not: str = ""

    def within(self, environment: str) -> Text:
        """Give its text in an environment, or as it stands where it has none of that name."""
        if not environment or environment not in environments(self.text):
            return self.text
        layers = self.text if isinstance(self.text, Layered) else Layered(self.text)
        return replace(layers, environment=environment)


@dataclass(frozen=True, slots=True)
class Layered:
    """A profile's own text, the text of what it extends, and the environment that is asked for.

    ``base_file`` is what the base is called, as findings name it; ``why_not`` says why it could
    not be read, '' where it was. ``named`` are the profiles that it falls back to, in whichever
    environment.
    """

    text: str
    base: str = ""
    base_file: str = ""
    why_not: str = ""
    environment: str = ""
    named: tuple[Named, ...] = ()


Text: TypeAlias = "str | Layered"
"""A profile's text: that of its one file, or of several layers."""


def own(text: Text) -> str:
    """Give what stands in the profile's own file."""
    return text.text if isinstance(text, Layered) else text


def base_named(text: str) -> object:
    """Give what a text says that it extends; None where it says nothing of it."""
    if EXTENDS not in text:
        return None
    value = quick(text)
    return value.get(EXTENDS) if isinstance(value, Mapping) else None


def fallbacks_named(text: Text) -> tuple[str, ...]:
    """Give what a profile names in `modal.fallback`, in whichever environment; none if no YAML."""
    import yaml  # noqa: PLC0415 - most profiles have none

    layers = text if isinstance(text, Layered) else Layered(text)
    if FALLBACK not in layers.text and FALLBACK not in layers.base:
        return ()
    found: list[str] = []
    for inside in ("", *environments(layers)):
        try:
            value = quick(replace(layers, environment=inside))
        except (yaml.YAMLError, ValueError, RecursionError):
            return ()
        names = _part(value, "modal").get(FALLBACK)
        found += [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
    return tuple(dict.fromkeys(found))


def quick(text: Text) -> object:
    """Give a text's value by YAML's quick loader, its layers laid over each other.

    Raises YAMLError, ValueError or RecursionError where a layer is no YAML.
    """
    import yaml  # noqa: PLC0415 - most texts have one layer

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    value: object = yaml.load(own(text), loader)  # noqa: S506 - both loaders are safe ones
    if not isinstance(text, Layered) or not isinstance(value, dict):
        return value
    if text.base_file and not text.why_not:
        lower = yaml.load(text.base, loader)  # noqa: S506 - as above
        value = laid(lower, value) if isinstance(lower, dict) else value
    overlay = _part(_part(value, ENVIRONMENTS), text.environment)
    return laid(value, _in_environment(value, overlay, text)) if text.environment else value


def laid(lower: Mapping[str, Any], upper: Mapping[str, Any], path: Path = ()) -> dict[str, Any]:
    """Lay one mapping over another, as a profile is laid over what it extends."""
    found = dict(lower)
    for key, value in upper.items():
        here = (*path, key)
        if isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = laid(found[key], value, here)
        elif _takes_away(value, lower, here):
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _takes_away(value: object, lower: Mapping[str, Any], path: Path) -> bool:
    """Whether a value at ``path`` only takes away what is there below it.

    Of a mapping that has the keys of whoever writes it, such as `engine.env`, also what is there no
    more: an upgrade of the base for one profile must not break another one that extends it.
    """
    return value is None and (path[-1] in lower or _is_free(path)) and not _is_a_value(path)


def _part(value: object, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, dict) else {}


def _in_environment(
    value: Mapping[str, Any], overlay: Mapping[str, Any], text: Layered
) -> Mapping[str, Any]:
    """Give an overlay with the Modal environment that it is named for, where it names no other."""
    if _part(overlay, "modal").get("environment") or not _part(value, "modal"):
        return overlay
    return {**overlay, "modal": {**_part(overlay, "modal"), "environment": text.environment}}


def read(text: Text, file: str) -> Source:
    """Read a profile's text with its layers; everything that is wrong with them is a finding.

    ``file`` is the name that findings give the profile's own file.
    """
    if not isinstance(text, Layered):
        source = yaml_source.read(text, file)
        value = source.value
        if not isinstance(value, Mapping) or EXTENDS not in value:
            return source
        text = Layered(text, why_not="nobody looked for it here")
    top = yaml_source.read(text.text, file)
    stack = _Stack(top)
    if isinstance(top.value, Mapping) and EXTENDS in top.value:
        _extended(stack, text)
    if text.environment:
        _entered(stack, text)
    return stack.source()


class _Stack:
    """Values with their places, laid over each other from below."""

    def __init__(self, top: Source) -> None:
        self.top = top
        self.value: object = top.value
        self.places: dict[Path, Place] = dict(top.places)
        self.doubtful: set[Path] = set(top.doubtful)
        self.findings: list[Finding] = list(top.findings)
        self.complete = top.complete
        self.parts: tuple[Source, ...] = (top,)

    def under(self, base: Source) -> None:
        """Put another file below all that is there."""
        self.findings += base.findings
        self.parts = (*self.parts, base)
        self.complete = self.complete and base.complete
        if isinstance(base.value, dict) and isinstance(self.value, dict):
            value, places, doubtful = self.value, self.places, self.doubtful
            self.value = base.value
            self.places = {path: _elsewhere(at, base.file) for path, at in base.places.items()}
            self.doubtful = set(base.doubtful)
            self.over(value, places, doubtful)

    def over(
        self, value: dict[str, Any], places: Mapping[Path, Place], doubtful: set[Path]
    ) -> None:
        """Lay values over what is there, which is a mapping."""
        lower = self.value if isinstance(self.value, dict) else {}
        self._place_over(lower, value, (), places)
        self.value = laid(lower, value)
        self.places[()] = places.get((), self.places.get((), _NOWHERE))
        self.doubtful |= {path for path in doubtful if path in self.places}

    def _place_over(
        self,
        lower: Mapping[str, Any],
        upper: Mapping[str, Any],
        path: Path,
        places: Mapping[Path, Place],
    ) -> None:
        """Let each value that is laid over another have the place that it is written at."""
        self.places[path] = places.get(path, self.places.get(path, _NOWHERE))
        for key, value in upper.items():
            here, below = (*path, key), lower.get(key)
            if isinstance(value, dict) and isinstance(below, dict):
                self._place_over(below, value, here, places)
                continue
            self._forget(here)
            if not _takes_away(value, lower, here):
                inside = len(here)
                self.places |= {p: at for p, at in places.items() if p[:inside] == here}

    def _forget(self, path: Path) -> None:
        inside = len(path)
        self.places = {p: at for p, at in self.places.items() if p[:inside] != path}
        self.doubtful = {p for p in self.doubtful if p[:inside] != path}

    def place(self, path: Path) -> Source:
        """Give the file that a value is written in."""
        span = self.places[path].value
        file = span.file if isinstance(span, Elsewhere) else self.top.file
        return next(part for part in self.parts if part.file == file)

    def tell(self, check: str, path: Path, message: str, hint: str) -> None:
        """Add an error at a key."""
        finding = Finding(check, Severity.ERROR, ".".join(map(str, path)), message, hint)
        self.findings.append(self.source().located(finding, self.source().span(path)))

    def source(self) -> Source:
        """Give what was made."""
        return Source(
            file=self.top.file,
            lines=self.top.lines,
            value=self.value if self.complete else None,
            findings=tuple(self.findings),
            complete=self.complete,
            doubtful=frozenset(self.doubtful),
            places=self.places,
            secrets=self.top.secrets,
            parts=self.parts,
        )


_NOWHERE = Place(None, START)


def _extended(stack: _Stack, text: Layered) -> None:
    """Put the base below the profile."""
    if text.why_not or not text.base_file:
        named = stack.value.get(EXTENDS) if isinstance(stack.value, dict) else None
        message = f"what this extends ({code(named)}) cannot be read: {text.why_not}"
        hint = "name a file beside this one, or below the same repository, such as `base.yaml`"
        stack.tell(NOT_READ, (EXTENDS,), message, hint)
        stack.complete = False
        return
    base = yaml_source.read(text.base, text.base_file)
    if isinstance(base.value, Mapping) and EXTENDS in base.value:
        message = f"{text.base_file} extends another file itself, and only one level is read"
        hint = "put what it needs of that file into one of the two"
        stack.tell(CHAIN, (EXTENDS,), message, hint)
        stack.complete = False
        return
    stack.under(base)


def _entered(stack: _Stack, text: Layered) -> None:
    """Lay over all what the environment says that was asked for."""
    if not isinstance(stack.value, dict) or not stack.complete:
        return
    there = stack.value.get(ENVIRONMENTS)
    names = list(there) if isinstance(there, dict) else []
    if text.environment not in names:
        message = f"it has no environment {code(text.environment)}"
        named = joined([code(name) for name in names], "and")
        hint = f"it has {named}" if names else f"write it below `{ENVIRONMENTS}:`"
        stack.tell(NOT_THERE, (ENVIRONMENTS,), message, hint)
        stack.complete = False
        return
    before = stack.value
    overlay = _part(there, text.environment)
    at: Path = (ENVIRONMENTS, text.environment)
    inside = len(at)
    key = stack.places[at].key or stack.places[at].value
    places = {p[inside:]: each for p, each in stack.places.items() if p[:inside] == at}
    entered = dict(_in_environment(before, overlay, text))
    if entered != overlay:
        named_for = Place(key, key)
        places.setdefault(("modal",), named_for)
        places["modal", "environment"] = named_for
    whole = stack.places[()]
    stack.over(entered, places, {p[inside:] for p in stack.doubtful if p[:inside] == at})
    stack.places[()] = whole
    if _identity(before) == _identity(stack.value):
        message = f"in the environment {code(text.environment)} it is the same deployment"
        hint = "give it another `modal.environment` or `modal.app`, or on this machine a `name`"
        stack.tell(NOT_APART, at, message, hint)


def _identity(value: object) -> tuple[object, ...]:
    """Give what makes a deployment one of its own."""
    if not isinstance(value, Mapping):
        return ()
    if value.get("target") == "local":
        return ("local", value.get("name"))
    modal = _part(value, "modal")
    return (modal.get("app"), modal.get("environment"))


def _elsewhere(place: Place, file: str) -> Place:
    return Place(
        None if place.key is None else Elsewhere.of(place.key, file),
        Elsewhere.of(place.value, file),
    )


def _is_a_value(path: Path) -> bool:
    """Whether `null` says something at a key, and does not only take away what it had."""
    field = _field(path)
    if field is None or field.is_required() or field.default is None:
        return False
    return type(None) in _arms(field.annotation)


def _is_free(path: Path) -> bool:
    """Whether the mapping around a key takes any key: it is no section."""
    around = _field(path[:-1]) if path[1:] else None
    return around is not None and next(models_in(around.annotation), None) is None


def _field(path: Path) -> FieldInfo | None:
    """Give what a profile has at a path; None where it has no such key."""
    kind: Any = Profile
    for step in path[:-1]:
        field = kind.model_fields.get(step) if kind is not None else None
        kind = None if field is None else next(models_in(field.annotation), None)
    return kind.model_fields.get(path[-1]) if kind is not None else None


def _arms(annotation: object) -> tuple[object, ...]:
    from typing import get_args  # noqa: PLC0415 - only for a `null`

    return get_args(annotation)


def environments(text: Text) -> tuple[str, ...]:
    """Name the environments that a profile has; none where it is no YAML."""
    import yaml  # noqa: PLC0415 - as above

    base = text.base if isinstance(text, Layered) else ""
    if ENVIRONMENTS not in own(text) and ENVIRONMENTS not in base:
        return ()
    try:
        value = quick(replace(text, environment="") if isinstance(text, Layered) else text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return ()
    return tuple(name for name in _part(value, ENVIRONMENTS) if isinstance(name, str))
