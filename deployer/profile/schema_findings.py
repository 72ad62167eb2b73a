"""pydantic's errors as findings: each at its place, in an author's words, and said once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from deployer.facts.modal.keywords import said_here
from deployer.finding import Finding, Severity
from deployer.profile import schema_keys, schema_words
from deployer.profile.fields import flags_in
from deployer.profile.partial import takes
from deployer.profile.schema_words import Fault, Wording
from deployer.profile.source import Elsewhere, Path, Source, format_path
from deployer.profile.wording import code, joined

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_TOLD_AT_MOST = 12

#: pydantic ends a location so where the key of a mapping is what is wrong.
_ON_KEY = "[key]"


def findings(error: ValidationError, model: type[BaseModel], source: Source) -> list[Finding]:
    """Turn one failed validation into findings.

    What the YAML findings already say about a value is not said again. The alternatives of a
    union become one finding, and none where one of them fits but for something inside. A
    required key that is missing because it was misspelt is left to the finding about that.
    """
    grouped: dict[Path, list[Fault]] = {}
    for details in error.errors(include_url=False):
        path = _pointed_at(_written_path(details, source.value), details)
        if not _doubtful(path, details, source):
            grouped.setdefault(path, []).append(_fault(details, path, model, source))
    misspelt = _misspelt(grouped, model)
    return [
        _finding(faults, path, model, source)
        for path, faults in grouped.items()
        if not (faults[0].kind == "missing" and path in misspelt)
        and not (_about_kind(faults[0]) and any(_inside(other, path) for other in grouped))
    ]


def paths(error: ValidationError, model: type[BaseModel], source: Source) -> set[Path]:
    """Give every path that a failed validation leaves unknown, and what its typos mean."""
    found: dict[Path, list[Fault]] = {}
    for details in error.errors(include_url=False):
        path = _pointed_at(_written_path(details, source.value), details)
        found.setdefault(path, []).append(_fault(details, path, model, source))
    return {*found, *_misspelt(found, model)}


def _written_path(details: Mapping[str, Any], value: object) -> Path:
    """Keep of pydantic's location what stands in the file: it also names the arms of unions."""
    path: list[int | str] = []
    for step in details["loc"]:
        if (inner := _inner(value, step)) is not None:
            (value,) = inner
        elif details["type"] != "missing" or step != details["loc"][-1]:
            continue
        path.append(step)
    return tuple(path)


def _inner(value: object, step: str | int) -> tuple[object] | None:
    if isinstance(value, Mapping) and step in value:
        return (value[step],)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return (value[step],)
    return None


def _pointed_at(path: Path, details: Mapping[str, Any]) -> Path:
    """Follow the ``key`` that a validator of several keys may name in its error's context."""
    key = details.get("ctx", {}).get("key", "")
    named = key if isinstance(key, str) and details["loc"][-1:] != (_ON_KEY,) else ""
    return (*path, *named.split(".")) if named else path


def _doubtful(path: Path, details: Mapping[str, Any], source: Source) -> bool:
    """Whether the YAML findings have already spoken about this value, or one that it rests on."""
    kind = details["type"]
    if kind == "extra_forbidden" and path in source.doubtful:
        # The value's finding says nothing about the key; the key's own finding does.
        key = source.key_span(path)
        stands = (key.plain() if isinstance(key, Elsewhere) else key, source.part(key).file)
        return any((each.span, each.file) == stands for each in source.findings)
    if any(path[:length] in source.doubtful for length in range(len(path) + 1)):
        return True
    # What is inside a value decides about a validator's verdict, and about the arms of a union.
    arm = len(details["loc"]) > len(path)
    own = kind in schema_words.EXPECTED or kind in {"missing", "extra_forbidden"}
    return (arm or not own) and any(each[: len(path)] == path for each in source.doubtful)


def _fault(details: Mapping[str, Any], path: Path, model: type[BaseModel], source: Source) -> Fault:
    field = schema_keys.field(model, path) if path and isinstance(path[-1], str) else None
    on_key = details["loc"][-1:] == (_ON_KEY,)
    return Fault(
        kind="bad_key" if on_key else details["type"],
        name=format_path(path),
        value=details["input"],
        written=source.text_at(source.value_span(path)),
        message=details["msg"],
        context=details.get("ctx", {}),
        about=schema_keys.summary(model, path),
        optional=field is not None and not field.is_required(),
        takes=functools.partial(takes, field) if field is not None else lambda _value: True,
        flag=next((flag.name for flag in flags_in(field)), "") if field is not None else "",
    )


def _misspelt(paths: Mapping[Path, list[Fault]], model: type[BaseModel]) -> set[Path]:
    unknown = (path for path, faults in paths.items() if faults[0].kind == "extra_forbidden")
    meant = (schema_keys.meant(model, path) for path in unknown)
    return {(*each.section, each.key) for each in meant if each is not None}


def _finding(faults: list[Fault], path: Path, model: type[BaseModel], source: Source) -> Finding:
    kind = faults[0].kind
    if kind == "extra_forbidden":
        wording, span = _unknown(path, model), source.key_span(path)
    elif kind == "missing":
        wording, span = _missing(path, model), source.key_span(path[:-1])
    elif kind == "bad_key":
        section = format_path(path[:-1])
        wording = schema_words.bad_key(faults[0], str(path[-1]), section)
        span = source.key_span(path)
    else:
        wording, span = _alternatives(faults), source.span(path)
    return source.located(
        Finding(
            check=wording.check,
            severity=Severity.ERROR,
            path=format_path(path),
            message=wording.message,
            hint=wording.hint,
        ),
        span,
    )


def _alternatives(faults: list[Fault]) -> Wording:
    """Say the errors of all arms of a union as one."""
    specific = [each for each in faults if not _about_kind(each)]
    if specific:
        return schema_words.wording(specific[0])
    if len(faults) == 1:
        return schema_words.wording(faults[0])
    if isinstance(faults[0].value, str) and any(
        each.kind in schema_words.CHOICES for each in faults
    ):
        return schema_words.not_a_choice(faults)
    return schema_words.wrong_type(faults)


def _inside(path: Path, outer: Path) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def _about_kind(fault: Fault) -> bool:
    return fault.kind in schema_words.EXPECTED or fault.kind in schema_words.CHOICES


def _unknown(path: Path, model: type[BaseModel]) -> Wording:
    section = f" of {code(format_path(path[:-1]))}" if path[:-1] else " at the top of a profile"
    message = f"{code(path[-1])} is not a key{section}"
    meant = schema_keys.meant(model, path)
    here = meant is not None and meant.exact and meant.section == path[:-1]
    if path[:-1] == ("modal",) and not here and (said := said_here(str(path[-1]))):
        return Wording("unknown-key", message, said)
    if meant is None:
        return Wording("unknown-key", message, _allowed(schema_keys.fields(model, path[:-1])))
    if meant.section == path[:-1]:
        return Wording("unknown-key", message, f"did you mean {code(meant.key)}?")
    where = code(format_path(meant.section)) if meant.section else "the top of the profile"
    if meant.exact and meant.key == path[-1]:
        hint = f"{code(meant.key)} belongs {'in' if meant.section else 'at'} {where}"
        return Wording("unknown-key", message, hint)
    whole = code(format_path((*meant.section, meant.key)))
    return Wording("unknown-key", message, f"did you mean {whole}?")


def _allowed(names: Iterable[str]) -> str:
    told = [code(name) for name in names]
    more = len(told) - _TOLD_AT_MOST
    if more > 0:
        told = [*told[:_TOLD_AT_MOST], f"{more} more"]
    return f"its keys are {joined(told, 'and')}" if told else ""


def _missing(path: Path, model: type[BaseModel]) -> Wording:
    key, section = code(path[-1]), format_path(path[:-1])
    message = f"{key} is missing in {code(section)}" if section else f"{key} is missing"
    required = [
        name for name, each in schema_keys.fields(model, path).items() if each.is_required()
    ]
    if required:
        named = joined(map(code, required), "and")
        return Wording("missing-key", message, f"add a section `{path[-1]}:` with {named}")
    about = schema_keys.summary(model, path)
    return Wording(
        "missing-key", message, f"add `{path[-1]}: …`" + (f" ({about})" if about else "")
    )
