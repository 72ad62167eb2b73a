"""The files that a profile is made of, and the environment that a verb was asked for."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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
    """Give a file's text with what it extends, and with an environment of it.

    ``inside`` is that environment, '' for none; where it is None, the one that the verb was asked
    for. A base that cannot be read is a finding, and said in the text's ``why_not``.
    """

    def look(base: str) -> str:
        from deployer.cli.reading import read_text  # noqa: PLC0415 - only for what extends

        _refuse_outside(path, base)
        return read_text(base, "what a profile extends")

    def beside(name: str) -> str:
        return os.path.normpath(Path(path).parent / name)

    return _layered(path, text, look, beside, environment() if inside is None else inside)


def read_profile(path: str) -> Text:
    """Read a profile's file with what it extends, for the environment that was asked for."""
    from deployer.cli.reading import read_text  # noqa: PLC0415 - reads findings, too

    return layered(path, read_text(path))


def layered_in(tree: Tree, path: str, text: str, shown: str, inside: str = "") -> Text:
    """Do the same in a tree; ``shown`` is how the file is called."""
    at = posixpath.dirname(path)
    named: dict[str, str] = {}

    def look(base: str) -> str:
        if named[base].startswith(".."):
            message = f"{base} is not in {tree.where()}"
            raise UsageError(message)
        return tree.text(named[base])

    def beside(name: str) -> str:
        base = os.path.normpath(Path(shown).parent / name)
        named[base] = posixpath.normpath(posixpath.join(at, name))
        return base

    return _layered(shown, text, look, beside, inside)


def _layered(
    path: str, text: str, look: Callable[[str], str], beside: Callable[[str], str], inside: str
) -> Text:
    import yaml  # noqa: PLC0415 - every verb that reads a profile has it

    from deployer.profile.layers import Layered, base_named  # noqa: PLC0415 - only for a profile

    try:
        named = base_named(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        named = None
    if named is None:
        return Layered(text, environment=inside) if inside else text
    if not isinstance(named, str) or Path(named).is_absolute() or not named.strip():
        return Layered(text, why_not="it is no path from here", environment=inside)
    base = beside(named)
    if os.path.realpath(base) == os.path.realpath(path):
        return Layered(text, why_not="it is this very file", environment=inside)
    try:
        return Layered(text, look(base), base, environment=inside)
    except DeployerError as error:
        return Layered(text, base_file=base, why_not=error.message, environment=inside)
    except LookupError:
        return Layered(text, base_file=base, why_not="it is not there", environment=inside)


def _refuse_outside(path: str, base: str) -> None:
    """Raise LeadsAway for a base that lies outside of the repository of the profile."""
    from deployer.cli.links import LeadsAway, repository_of  # noqa: PLC0415 - as above

    root = repository_of(path)
    if root is None:
        return
    real = Path(os.path.realpath(base))
    if not real.is_relative_to(os.path.realpath(root)):
        message = f"{base} is not in the repository {root}"
        raise LeadsAway(message, hint="Copy it into the repository.")
