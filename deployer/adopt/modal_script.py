"""Launches in a Python file, and what Modal's decorators say around them. Nothing is run.

Sources: Modal client 1.6.4 (``app.py``: `App.function`, `cls`, `server`; ``partial_function.py``:
`web_server`, `concurrent`), and the names that its parameters had before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from deployer.adopt.around import Around, accelerators, with_gpu
from deployer.adopt.box import joined
from deployer.adopt.find import Found, of_commands, of_image
from deployer.adopt.kind import UnreadError
from deployer.adopt.modal_image import Image, image_of
from deployer.adopt.modal_options import fields_of
from deployer.adopt.note import Kind as NoteKind
from deployer.adopt.note import Note
from deployer.adopt.python_reader import LeaveError, Reader, ReturnError, Started, TooMuchError
from deployer.adopt.python_values import Defined, Instance, Kind, Made, Ref, unsure
from deployer.adopt.script import UNKNOWN, Command, Script
from deployer.adopt.shell import read as read_shell

MOUNTED = ("read_only", "sub_path", "version")
"""Options of a volume, and of its mount, that a profile has words for."""

MODULE = 2
"""Words of `PYTHON -m MODULE` before the last."""

OF_ADDRESS = ("label", "custom_domains")
"""Parameters of `web_server` that name its address."""

RUNS = frozenset({"function", "cls", "server"})
"""Decorators of an app that make a container of what they decorate."""

OPENS = frozenset(
    {"web_server", "http_server", "asgi_app", "wsgi_app", "web_endpoint", "fastapi_endpoint"}
)
"""Decorators that give an address."""


@dataclass(slots=True)
class _Place:
    """What stands around the functions of one container."""

    options: dict[str, Any] = field(default_factory=dict)
    image: Image = field(default_factory=Image)
    opens: str = ""


def launches(
    text: str, known: Mapping[str, str], read: Callable[[str], str | None], script: Script
) -> list[Found]:
    """Give the launches of a Python file; raises UnreadError where it is none."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        message = f"Python does not read it{f' (line {line})' if line else ''}"
        raise UnreadError(message) from error
    reader = Reader(script.unknowns, known, read=read)
    try:
        with suppress(LeaveError, ReturnError):
            reader.block(tree.body, reader.module)
        placed = [(one, _Place()) for one in reader.started]
        placed += list(_containers(reader))
        if not placed:
            placed = [(one, _Place()) for one in _uncalled(reader)]
        if not placed:
            placed = [(one, _Place()) for one in _lists(reader, tree)]
    except (TooMuchError, RecursionError) as error:
        message = "it does more than is followed here"
        raise UnreadError(message) from error
    found = [
        launch for started, place in placed for launch in _found(started, place, reader, script)
    ]
    script.written |= reader.written
    return _without_copies(found)


def _without_copies(found: list[Found]) -> list[Found]:
    """Keep one of launches that say the same at the same line."""
    kept: dict[tuple[int, tuple[str, ...]], Found] = {}
    for one in found:
        kept.setdefault((one.line, tuple(UNKNOWN.sub("?", word) for word in one.words)), one)
    return list(kept.values())


def _containers(reader: Reader) -> Iterator[tuple[Started, _Place]]:
    """Follow what runs in containers: decorated functions, and the methods of decorated classes."""
    for value in list(reader.module.names.values()):
        if isinstance(value, Defined) and _decorated(value.decorators):
            place = _place(reader, value.decorators)
            for one in _followed(reader, [value]):
                yield one, place
        elif isinstance(value, Kind):
            methods = {
                name: one
                for each in _classes(value)
                for name, one in each.names.items()
                if isinstance(one, Defined)
            }
            if not _decorated(value.decorators) and not any(
                _decorated(one.decorators) for one in methods.values()
            ):
                continue
            made = Instance(value)
            order = sorted(methods.values(), key=_rank)
            starting = [replace(one, owner=made) for one in order if one.decorators]
            place = _place(
                reader, [*value.decorators, *(each for one in order for each in one.decorators)]
            )
            for one in _followed(reader, starting):
                yield one, place


def _classes(kind: Kind) -> list[Kind]:
    """Give a class after those before it."""
    return [
        *(each for base in kind.bases if isinstance(base, Kind) for each in _classes(base)),
        kind,
    ]


def _rank(function: Defined) -> int:
    """Order methods as a container calls them: what it enters by comes first."""
    names = {_name(one) for one in function.decorators}
    return 0 if "enter" in names else 1 if names & OPENS else 2


def _name(decorator: Any) -> str:  # noqa: ANN401 - any value
    if isinstance(decorator, Made | Ref):
        return decorator.name.rpartition(".")[2]
    return ""


def _decorated(decorators: list[Any]) -> bool:
    return bool({_name(one) for one in decorators} & (RUNS | OPENS | {"enter", "concurrent"}))


def _followed(reader: Reader, functions: list[Defined]) -> list[Started]:
    before, outside = len(reader.started), dict(reader.environ)
    for function in functions:
        reader.enter(function, [], {})
    reader.environ.clear()
    reader.environ.update(outside)  # what one container sets, no other sees
    return reader.started[before:]


def _uncalled(reader: Reader) -> list[Started]:
    """Follow the functions that nothing called: what they start may start."""
    before = len(reader.started)
    reader.maybe += 1
    for value in list(reader.module.names.values()):
        if isinstance(value, Defined) and id(value.node) not in reader.called:
            reader.enter(value, [], {})
        elif isinstance(value, Kind):
            made = reader.instance(value, [], {})
            for one in list(value.names.values()):
                if isinstance(one, Defined) and id(one.node) not in reader.called:
                    reader.enter(replace(one, owner=made), [], {})
    reader.maybe -= 1
    return reader.started[before:]


def _lists(reader: Reader, tree: ast.Module) -> Iterator[Started]:
    """Give the lists that read like a launch, where nothing is seen to start them."""
    seen = {line for _, line in reader.lists}
    for node in ast.walk(tree):
        if isinstance(node, ast.List) and len(node.elts) > MODULE and node.lineno not in seen:
            reader.value(node, reader.module)
    for items, line in reader.lists:
        if len(items) > MODULE:
            words = tuple(
                str(one)
                if isinstance(one, str | int | float)
                else reader.mark("it is known only when it runs", line)
                for one in items
            )
            yield Started(words, "", line, (), nested=True)


def _place(reader: Reader, decorators: list[Any]) -> _Place:  # noqa: C901 - one case a form
    place = _Place()
    app = next(
        (
            one
            for one in reader.module.names.values()
            if isinstance(one, Made)
            and one.name.rpartition(".")[2] in {"App", "Stub"}
            and one.base is None
        ),
        None,
    )
    if app is not None:
        place.options["app"] = app.kwargs.get("name", app.args[0] if app.args else None)
        place.options["secrets"] = list(app.kwargs.get("secrets") or [])
        place.options["tags"] = app.kwargs.get("tags")
        if isinstance(app.kwargs.get("image"), Made):
            place.image = image_of(app.kwargs["image"])
    for one in decorators:
        if not isinstance(one, Made):
            continue
        name = one.name.rpartition(".")[2]
        given = dict(one.kwargs)
        if name in RUNS:
            place.options["secrets"] = [
                *place.options.get("secrets", []),
                *(given.pop("secrets", None) or []),
            ]
            if isinstance(image := given.pop("image", None), Made):
                place.image = image_of(image)
            place.options |= given
        if name in OPENS or name == "server":
            place.opens = name
            place.options["port"] = given.get("port", one.args[0] if one.args else None)
            for key in ("startup_timeout", "requires_proxy_auth", "exit_grace_period"):
                if key in given:
                    place.options[f"{key}@web"] = given[key]
                    place.options.pop(key, None)
            if name == "web_server":
                place.options |= {key: given[key] for key in OF_ADDRESS if key in given}
        if name == "concurrent":
            place.options |= given
    return place


def _found(started: Started, place: _Place, reader: Reader, script: Script) -> list[Found]:
    """Give the launch that a program is, with what stands around it."""
    variables = (*place.image.variables, *started.variables)
    if started.text:
        inner = read_shell(started.text, dict(variables), script.unknowns)
        script.broken += inner.broken
        commands = [replace(one, line=started.line) for one in inner.commands]
    else:
        commands = [Command(started.words, started.line, variables, started.nested)]
    found = list(of_commands(commands, script))
    return [_around(one, started, place, reader) for one in found]


def _around(found: Found, started: Started, place: _Place, reader: Reader) -> Found:
    options = place.options
    key = _key_of(found, reader)
    around = Around(
        volumes=tuple(_volumes(options.get("volumes"))),
        secrets=tuple(_secrets(options.get("secrets"))),
        nameless=len(options.get("secrets") or ()) > len([*_secrets(options.get("secrets"))]),
        hub_secrets=tuple(dict.fromkeys(_secrets_of_downloads(reader))),
        repos=tuple(_downloads(reader)),
        key_env=key,
        **_gpus(options.get("gpu")),
    )
    if isinstance(options.get("proxy"), Made):
        options["proxy"] = _named(options["proxy"]) or None
    fields, notes = fields_of(options, place.opens)
    notes += _unmounted(options.get("volumes"))
    if started.engine:
        text = (
            "the engine is started within Python: its arguments are taken as the flags of a server"
        )
        notes.append(Note(NoteKind.ASSUMED, text, started.line))
    image = place.image
    if image.name:
        found = of_image(found, image.name)
    if image.release and not found.release:
        named = f"sglang=={image.release} is installed"
        found = replace(found, release=image.release, named_by=named)
    return replace(
        found,
        around=joined(replace(around, fields=(*fields, *image.fields)), found.around),
        notes=(*found.notes, *notes, *image.notes),
    )


def _key_of(found: Found, reader: Reader) -> str:
    """Give the variable that the API key comes from, where the file says it."""
    for word, value in pairwise(found.words):
        text = {"--api-key": value, "--config": reader.written.get(value, "")}.get(word, "")
        for number in UNKNOWN.findall(text):
            if int(number) in reader.keys:
                return reader.keys[int(number)]
    for word in found.words:
        choices = reader.unknowns.choices_in(word)
        for choice in choices:
            for text in choice if choice[:1] == ("--api-key",) else ():
                for number in UNKNOWN.findall(text):
                    if int(number) in reader.keys:
                        return reader.keys[int(number)]
    return ""


def _volumes(given: Any) -> Iterator[tuple[str, str, tuple[tuple[str, Any], ...]]]:  # noqa: ANN401 - any value
    for path, volume in given.items() if isinstance(given, dict) else ():
        if isinstance(volume, Made) and (name := _named(volume)) and isinstance(path, str):
            stated = {key: one for each in volume.chain() for key, one in each.kwargs.items()}
            kept = [(key, stated[key]) for key in MOUNTED if _plain(stated.get(key))]
            yield path.rstrip("/"), name, tuple(kept)


def _plain(value: Any) -> bool:  # noqa: ANN401 - any value
    return value is not None and not unsure(value)


def _unmounted(given: Any) -> Iterator[Note]:  # noqa: ANN401 - any value
    """Name what is mounted and is no volume by a name: a bucket; ask for a name not known."""
    asked: list[str] = []
    for path, volume in given.items() if isinstance(given, dict) else ():
        if not (isinstance(volume, Made) and _named(volume) and isinstance(path, str)):
            what = volume.name.rpartition(".")[2] if isinstance(volume, Made) else ""
            shown = UNKNOWN.sub("…", str(path))
            if what in {"CloudBucketMount", "S3Mount"}:
                text = (
                    f"the `{what}` that is mounted at {shown} is not taken: `modal.buckets` would"
                )
                yield Note(NoteKind.LEFT_OUT, f"{text} say it")
            else:
                asked.append(shown)
    if asked:
        text = f"which volume is mounted at {' and '.join(asked)}? Nothing here says its name."
        yield Note(NoteKind.TODO, text, path="modal.volumes")


def _secrets(given: Any) -> Iterator[str]:  # noqa: ANN401 - any value
    for secret in given if isinstance(given, list) else ():
        if isinstance(secret, Made) and (name := _named(secret)):
            yield name


def _named(made: Made) -> str:
    """Give the name of `X.from_name(NAME)`, or of the forms before it."""
    for one in made.chain():
        if (
            one.name.rpartition(".")[2] in {"from_name", "lookup", "persisted"}
            and one.args
            and isinstance(one.args[0], str)
        ):
            return "" if UNKNOWN.search(one.args[0]) else one.args[0]
    return ""


def _secrets_of_downloads(reader: Reader) -> Iterator[str]:
    """Give the secrets of the functions that download, by their decorators."""
    for value in reader.module.names.values():
        if isinstance(value, Defined) and _fetches(value):
            for one in value.decorators:
                if isinstance(one, Made):
                    yield from _secrets(one.kwargs.get("secrets"))


def _fetches(function: Defined) -> bool:
    return any(
        isinstance(one, ast.Name | ast.Attribute)
        and getattr(one, "id", getattr(one, "attr", "")) == "snapshot_download"
        for one in ast.walk(function.node)
    )


def _downloads(reader: Reader) -> Iterator[tuple[str, str, str]]:
    """Give what is downloaded into which folder."""
    _see_downloads(reader)
    for one in reader.downloads:
        repo = one.kwargs.get("repo_id", one.args[0] if one.args else None)
        folder, revision = one.kwargs.get("local_dir"), one.kwargs.get("revision")
        if isinstance(repo, str) and isinstance(folder, str) and not UNKNOWN.search(repo + folder):
            yield (
                folder,
                repo,
                revision if isinstance(revision, str) and not UNKNOWN.search(revision) else "",
            )


def _see_downloads(reader: Reader) -> None:
    """Follow the functions that download, which start nothing."""
    before = len(reader.started)
    for value in list(reader.module.names.values()):
        if isinstance(value, Defined) and id(value.node) not in reader.called and _fetches(value):
            reader.enter(value, [], {})
    del reader.started[before:]


def _gpus(given: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Give a container's GPUs: `H100:8`, a list to choose from, or `modal.gpu.H100(count=8)`."""
    if isinstance(given, list) and given:
        kinds = [one for one in given if isinstance(one, str) and not UNKNOWN.search(one)]
        first = accelerators(kinds[0].rstrip("+")) if kinds else ("", 0)
        if len({accelerators(one.rstrip("+"))[0] for one in kinds}) == 1:
            return with_gpu(*first)
        return {"gpu_shown": " or ".join(kinds), "count": first[1]}
    if isinstance(given, Made):
        name = given.name.rpartition(".")[2]
        size = given.kwargs.get("size", given.kwargs.get("memory", ""))
        count = given.kwargs.get("count", given.args[0] if given.args else 1)
        suffix = (
            f"-{str(size).removesuffix('GB')}GB"
            if size and name == "A100"
            else "-40GB"
            if name == "A100"
            else ""
        )
        return with_gpu(f"{name}{suffix}", count if isinstance(count, int) else 0)
    if isinstance(given, str) and not UNKNOWN.search(given):
        name, count = accelerators(given.rstrip("+"))
        return with_gpu("A100-40GB" if name.upper() == "A100" else name, count)
    return {}
