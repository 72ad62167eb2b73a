"""What SGLang makes of a release, value by value, beside what the profile says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deployer.engine.gpus import gpu_of
from deployer.engine.overlay import Interpreter
from deployer.engine.resolve import Answer, Said, Value
from deployer.facts.gpus import Gpu
from deployer.facts.sglang.catalogue import Catalogue, load
from deployer.parse.secrets import shown
from deployer.release import Argument, Release

DRAWN = {"random_seed": "drawn at every start"}
"""Fields that SGLang fills with chance, and what to say of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value, of one of four kinds.

    ``kind`` is ``changed`` (the profile says something else), ``filled`` (the profile says nothing,
    and it is not the default), ``kept`` (as the profile says) or ``default``.
    ``option`` is the flag, or the field's name where it has none; of a value within a record, with
    its path. ``key`` is the YAML key and ``profile`` the words that the profile gives.
    """

    kind: str
    option: str
    key: str
    profile: str
    default: Any
    resolved: Any
    rule: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer of one release of SGLang for one profile.

    ``version`` is the release that was asked and ``stated`` the one that the profile names;
    ``gpu`` is None on a CPU. ``pins`` are the versions that the release asks for, of the
    ``packages`` that it ran on here. ``missing`` are architectures that it has no code for.
    """

    name: str
    version: str
    stated: str
    gpu: Gpu | None
    count: int
    model: str
    outcome: str
    message: str
    where: str
    rows: tuple[Row, ...]
    said: tuple[Said, ...]
    variables: Mapping[str, str]
    packages: Mapping[str, str]
    pins: Mapping[str, str]
    pretended: tuple[str, ...]
    jail: str = ""
    left_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether SGLang takes the arguments, and has code for the model's architecture."""
        return self.outcome == "resolved" and not self.missing

    def of(self, kind: str) -> tuple[Row, ...]:
        """Give the rows of a kind."""
        return tuple(row for row in self.rows if row.kind == kind)


def resolution(
    release: Release, answer: Answer, *, engine: Interpreter, stated: str, model: str
) -> Resolution:
    """Put an answer beside its release; ``model`` says where the model's config is from."""
    gpu = gpu_of(release.hardware.gpu)
    requires = load(engine.version).about.get("requires") or {}
    return Resolution(
        name=release.name,
        version=engine.version,
        stated=stated,
        gpu=gpu,
        count=release.hardware.count,
        model=model,
        outcome=answer.outcome,
        message=answer.message,
        where=answer.where,
        rows=tuple(_rows(release, answer, engine.version)),
        said=answer.said,
        variables=answer.variables,
        packages=answer.packages,
        pins={n: requires[n].removeprefix("==") for n in answer.packages if n in requires},
        pretended=answer.pretended if gpu else (),
        jail=answer.jail,
        left_out=answer.left_out,
        missing=answer.missing,
    )


def _rows(release: Release, answer: Answer, version: str) -> Iterator[Row]:
    catalogue = load(version)
    behind = _arguments(release, catalogue)
    for whole in answer.values:
        option = catalogue.find(whole.flag)
        argument = behind.get(option.dest) if option else None
        for value in _parts(_as_written(whole, argument)):
            words = (shown(argument.flag, word) for word in argument.values) if argument else ()
            yield Row(
                kind=_kind(value),
                option=value.flag or value.field,
                key=argument.source if argument and value.given else "",
                profile=_said_by_profile(value, tuple(words)),
                default=value.default,
                resolved=_secret(value),
                rule=value.rule,
            )


def _as_written(value: Value, argument: Argument | None) -> Value:
    """Name the option as the command line does: some have two names."""
    return replace(value, flag=argument.flag) if argument and value.given else value


def _said_by_profile(value: Value, words: tuple[str, ...]) -> str:
    if not value.given:
        return ""
    return " ".join(words) or "on"


def _secret(value: Value) -> Any:  # noqa: ANN401 - a JSON value
    """Give the resolved value, of chance the words for it, of a secret asterisks."""
    if not value.given and value.field in DRAWN:
        return DRAWN[value.field]
    return shown(value.flag, value.resolved) if isinstance(value.resolved, str) else value.resolved


def _arguments(release: Release, catalogue: Catalogue) -> dict[str, Argument]:
    """Give the argument behind each destination of the release's parser."""
    options = ((catalogue.find(argument.flag), argument) for argument in release.arguments)
    return {option.dest: argument for option, argument in options if option is not None}


def _parts(value: Value) -> Iterator[Value]:
    """Take a record apart into its leaves; anything else stays whole."""
    if not isinstance(value.resolved, dict) or not value.resolved:
        yield value
        return
    defaults, stated = dict(_leaves(value.default)), dict(_leaves(value.stated))
    for path, leaf in _leaves(value.resolved):
        yield replace(
            value,
            field=f"{value.field}{path}",
            flag=f"{value.flag or value.field}{path}",
            default=defaults.get(path),
            given=value.given and path in stated,
            stated=stated.get(path),
            resolved=leaf,
        )


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}")
    elif path and value is not None:
        yield path, value


def _kind(value: Value) -> str:
    if value.given:
        return "kept" if value.resolved == value.stated else "changed"
    same = value.resolved == value.default or (
        value.default is None and _is_nothing(value.resolved)
    )
    return "default" if same else "filled"


def _is_nothing(value: object) -> bool:
    """Whether a value says no more than None does: off, or empty."""
    return value is None or value is False or value in ("", [], {})
