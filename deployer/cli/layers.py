"""The files that a profile is made of, and the environment that a verb was asked for."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from deployer.errors import DeployerError, UsageError

if TYPE_CHECKING:
    from deployer.cli.trees import Tree
    from deployer.profile.layers import Text

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

_KEY = f"{__name__}.environment"


def environment_option(command: CommandT) -> CommandT:
    """Give a verb `--environment`; :func:`environment` knows which was asked for."""
    option = click.option(
        "--environment",
        metavar="NAME",
        expose_value=False,
        callback=_store,
        help="Take the profile as its `environments` say for NAME; of a deployment, the one "
        "in that Modal environment.",
    )
    return option(command)


def environment() -> str:
    """Give the environment that the verb that runs was asked for, '' for none."""
    context = click.get_current_context(silent=True)
    found: str = context.meta.get(_KEY, "") if context is not None else ""
    return found


def _store(context: click.Context, _parameter: click.Parameter, given: str | None) -> None:
    if given is not None:
        if not given:
            message = "an empty word names no environment"
            raise click.BadParameter(message)
        context.meta[_KEY] = given


def layered(path: str, text: str, inside: str | None = None) -> Text:
    """Give a file's text with the files that it names, and with an environment of it.

    ``inside`` is that environment, '' for none; where it is None, the one that the verb was asked
    for. What cannot be read is a finding, and said in the text's ``why_not``.
    """
    return _layered(_OnDisk(), path, text, environment() if inside is None else inside)


def read_profile(path: str) -> Text:
    """Read a profile's file with those that it names, for the environment that was asked for."""
    from deployer.cli.reading import read_text  # noqa: PLC0415 - reads findings, too

    return layered(path, read_text(path))


def layered_in(tree: Tree, path: str, text: str, shown: str, inside: str = "") -> Text:
    """Do the same in a tree; ``shown`` is how the file is called."""
    return _layered(_InTree(tree, {shown: path}), shown, text, inside)


class _Files(Protocol):
    """Where the files are that a profile names."""

    def beside(self, file: str, name: str) -> str:
        """Say what is called by a name in a file."""

    def text(self, file: str, named: str) -> str:
        """Read what a file names; raises DeployerError or LookupError where it cannot be."""


class _OnDisk:
    def beside(self, file: str, name: str) -> str:
        return os.path.normpath(Path(file).parent / name)

    def text(self, file: str, named: str) -> str:
        from deployer.cli.reading import read_text  # noqa: PLC0415 - only for what names others

        _refuse_outside(file, named)
        return read_text(named, "what a profile names")


@dataclass(frozen=True, slots=True)
class _InTree:
    """Files of a tree; ``paths`` are their places by what they are called."""

    tree: Tree
    paths: dict[str, str]

    def beside(self, file: str, name: str) -> str:
        named = os.path.normpath(Path(file).parent / name)
        at = posixpath.dirname(self.paths[file])
        self.paths[named] = posixpath.normpath(posixpath.join(at, name))
        return named

    def text(self, file: str, named: str) -> str:
        del file
        if self.paths[named].startswith(".."):
            message = f"{named} is not in {self.tree.where()}"
            raise UsageError(message)
        return self.tree.text(self.paths[named])


def _layered(files: _Files, path: str, text: str, inside: str) -> Text:
    from deployer.profile.layers import Layered, Named, fallbacks_named  # noqa: PLC0415 - as below

    whole = _over_base(files, path, text, inside)
    names = fallbacks_named(whole)
    if not names:
        return whole
    named = [
        Named(name, file, "" if why_not else _over_base(files, file, its, ""), why_not)
        for name in names
        for file, its, why_not in (_read(files, path, name),)
    ]
    return replace(whole if isinstance(whole, Layered) else Layered(whole), named=tuple(named))


def _over_base(files: _Files, path: str, text: str, inside: str) -> Text:
    import yaml  # noqa: PLC0415 - every verb that reads a profile has it

    from deployer.profile.layers import Layered, base_named  # noqa: PLC0415 - only for a profile

    try:
        named = base_named(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        named = None
    if named is None:
        return Layered(text, environment=inside) if inside else text
    base, lower, why_not = _read(files, path, named)
    return Layered(text, lower, base, why_not, inside)


def _read(files: _Files, path: str, named: object) -> tuple[str, str, str]:
    """Read a file that another one names: what it is called, its text, and why not."""
    if (
        not isinstance(named, str)
        or not named.strip()
        or "\0" in named
        or Path(named).is_absolute()
    ):
        return "", "", "it is no path from here"
    file = files.beside(path, named)
    if os.path.realpath(file) == os.path.realpath(path):
        return "", "", "it is this very file"
    try:
        return file, files.text(path, file), ""
    except DeployerError as error:
        return file, "", error.message
    except LookupError:
        return file, "", "it is not there"


def _refuse_outside(path: str, base: str) -> None:
    """Raise LeadsAway for a base that lies outside of the repository of the profile."""
    from deployer.cli.links import LeadsAway, repository_of  # noqa: PLC0415 - as above

    root = repository_of(path)
    if root is None:
        return
    real = Path(os.path.realpath(base))
    if not real.is_relative_to(os.path.realpath(root)):
        message = f"{base} is not in the repository {root}"
        raise LeadsAway(message, hint="Copy it into the repository")
