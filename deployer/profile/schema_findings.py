"""What is wrong with values as findings: each at its place, in an author's words, and said once."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from deployer.finding import Finding, Severity
from deployer.profile import schema_keys, schema_words
from deployer.profile.fields import flags_in
from deployer.profile.partial import takes
from deployer.profile.schema_words import Fault, Wording
from deployer.profile.section import Section
from deployer.profile.source import Path, Source, format_path
from deployer.profile.values import Wrong
from deployer.profile.wording import code, joined

_TOLD_AT_MOST = 12


def findings(wrong: Iterable[Wrong], model: type[Section], source: Source) -> list[Finding]:
    """Turn what is wrong into findings.

    What the YAML findings already say about a value is not said again. The alternatives of a
    union become one finding, and none where one of them fits but for something inside. A
    required key that is missing because it was misspelt is left to the finding about that.
    """
    grouped: dict[Path, list[Fault]] = {}
    for each in wrong:
        if not _doubtful(each, source):
            grouped.setdefault(each.place, []).append(_fault(each, model, source))
    unknown = [path for path, faults in grouped.items() if faults[0].kind == "extra_forbidden"]
    misspelt = _meant(unknown, model)
    return [
        _finding(faults, path, model, source)
        for path, faults in grouped.items()
        if not (faults[0].kind == "missing" and path in misspelt)
        and not (_about_kind(faults[0]) and any(_inside(other, path) for other in grouped))
    ]


def paths(wrong: Iterable[Wrong], model: type[Section]) -> set[Path]:
    """Give every path that is not known for what is wrong, and what its typos mean."""
    unknown = [each.place for each in wrong if each.kind == "extra_forbidden"]
    return {*(each.place for each in wrong), *_meant(unknown, model)}


def _doubtful(wrong: Wrong, source: Source) -> bool:
    """Whether the YAML findings have already spoken about this value, or one that it rests on."""
    path = wrong.place
    if wrong.kind == "extra_forbidden" and path in source.doubtful:
        # The value's finding says nothing about the key; the key's own finding does.
        return any(each.span == source.key_span(path) for each in source.findings)
    if any(path[:length] in source.doubtful for length in range(len(path) + 1)):
        return True
    # What is inside a value decides about a judgment of it, and which of several types it has.
    own = wrong.kind in schema_words.EXPECTED or wrong.kind in {"missing", "extra_forbidden"}
    return (wrong.doubly or not own) and any(each[: len(path)] == path for each in source.doubtful)


def _fault(wrong: Wrong, model: type[Section], source: Source) -> Fault:
    path = wrong.place
    field = schema_keys.field(model, path) if path and isinstance(path[-1], str) else None
    return Fault(
        kind="bad_key" if wrong.on_key else wrong.kind,
        name=format_path(path),
        value=wrong.value,
        written=source.text_at(source.value_span(path)),
        context=wrong.context,
        about=schema_keys.summary(model, path),
        optional=field is not None and not field.is_required(),
        takes=functools.partial(takes, field) if field is not None else lambda _value: True,
        flag=next((flag.name for flag in flags_in(field)), "") if field is not None else "",
    )


def _meant(unknown: Iterable[Path], model: type[Section]) -> set[Path]:
    meant = (schema_keys.meant(model, path) for path in unknown)
    return {(*each.section, each.key) for each in meant if each is not None}


def _finding(faults: list[Fault], path: Path, model: type[Section], source: Source) -> Finding:
    kind = faults[0].kind
    if kind == "extra_forbidden":
        wording, span = _unknown(path, model), source.key_span(path)
    elif kind == "missing":
        wording, span = _missing(path, model), source.key_span(path[:-1])
    elif kind == "bad_key":
        wording, span = _bad_key(faults[0], path), source.key_span(path)
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


def _unknown(path: Path, model: type[Section]) -> Wording:
    section = f" of {code(format_path(path[:-1]))}" if path[:-1] else " at the top of a profile"
    message = f"{code(path[-1])} is not a key{section}"
    meant = schema_keys.meant(model, path)
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


def _missing(path: Path, model: type[Section]) -> Wording:
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


def _bad_key(fault: Fault, path: Path) -> Wording:
    section = code(format_path(path[:-1]))
    message = f"{code(path[-1])} cannot be a key of {section}"
    if pattern := fault.context.get("pattern"):
        message += f": it does not match `{pattern}`"
    return Wording("bad-key", message)
