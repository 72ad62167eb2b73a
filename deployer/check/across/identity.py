"""What a profile takes for itself alone: a name, an app, a port, a folder for its weights.

Read from the text as far as it can be, and by YAML's quick loader: it is wanted of every profile
beside the one that is looked at, of those that are not right, too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from deployer.compile.derive import pinned_path
from deployer.profile.layers import Text, quick
from deployer.profile.model import Profile
from deployer.profile.sections.serving import Serving
from deployer.release import COMMIT

TARGET: str = Profile.model_fields["target"].default
PORT: int = Serving.model_fields["port"].default
REVISION = "main"


@dataclass(frozen=True, slots=True)
class Identity:
    """What one file takes; '' and None are for what it does not, or does not say.

    ``volume`` and ``folder`` are where its weights lie: a Modal volume, and the path on it.
    ``folder`` is '' where a branch or tag decides. ``weights`` are the repository and revision.
    """

    file: str
    name: str = ""
    target: str = ""
    app: str = ""
    environment: str = ""
    port: int | None = None
    volume: str = ""
    folder: str = ""
    weights: tuple[str, str] = ("", "")

    @property
    def local(self) -> bool:
        """Whether it is carried out on this machine."""
        return self.target == "local"


class Siblings:
    """The profiles of a repository or folder but one, and the files of them that say nothing.

    Each file is read once for all: :meth:`without` gives what is beside another one.
    """

    def __init__(self, read: Iterable[Identity] = (), unread: Iterable[str] = ()) -> None:
        self._read, self._unread, self._apart = tuple(read), tuple(unread), ""
        self._shared: dict[object, dict[object, list[Identity]]] = {}

    def without(self, file: str) -> Siblings:
        """Give what is beside a file."""
        others = copy.copy(self)
        others._apart = file  # noqa: SLF001 - of this class
        return others

    @property
    def unread(self) -> tuple[str, ...]:
        """The files of which it is not known what they take."""
        return tuple(file for file in self._unread if file != self._apart)

    def sharing(self, taken: Callable[[Identity], Hashable], own: Identity) -> Iterator[Identity]:
        """Give those that take what a profile takes; nothing where it takes nothing."""
        if taken not in self._shared:
            by = self._shared[taken] = {}
            for one in self._read:
                by.setdefault(taken(one), []).append(one)
        others = self._shared[taken].get(taken(own), ()) if taken(own) else ()
        return (other for other in others if other.file != self._apart)


def siblings(texts: Mapping[str, Text | None]) -> Siblings:
    """Read what each file takes; a text that is None could not be read."""
    found = {file: None if text is None else identity(text, file) for file, text in texts.items()}
    return Siblings(
        (one for one in found.values() if one is not None),
        (file for file, one in found.items() if one is None),
    )


def identity(text: Text, file: str) -> Identity | None:
    """Read what a profile takes; None where its text is no YAML mapping."""
    try:
        value = quick(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return identity_of(value, file)


def identity_of(value: object, file: str) -> Identity | None:
    """Read what a profile takes from its value; None where that is no mapping."""
    if not isinstance(value, dict):
        return None
    target = _text(value, "target") or TARGET
    if target == "local":
        serving = _section(value, "serving")
        port = serving.get("port", PORT)
        port = port if isinstance(port, int) else None
        return Identity(file, _text(value, "name"), target, port=port)
    modal, model = _section(value, "modal"), _section(value, "model")
    weights = _section(modal, "weights")
    return Identity(
        file=file,
        name=_text(value, "name"),
        target=target,
        app=_text(modal, "app"),
        environment=_text(modal, "environment"),
        volume=_text(weights, "volume"),
        folder=_folder(model, _text(weights, "path")),
        weights=(_text(model, "repo"), _text(model, "revision") or REVISION),
    )


def _folder(model: Mapping[str, object], mount: str) -> str:
    """Give the path on the volume, as `model.path` states it or as it follows from a commit."""
    stated = _text(model, "path")
    if stated:
        inside = stated.startswith(f"{mount}/")
        return stated.removeprefix(f"{mount}/") if inside else ""
    revision = _text(model, "revision")
    if not COMMIT.fullmatch(revision):
        return ""
    return pinned_path(_text(model, "repo").rpartition("/")[2], revision)


def _section(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, object], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
