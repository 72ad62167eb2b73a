"""Where a repository says that its profiles are: `deployer.yaml`, or pyproject.toml.

::

    # deployer.yaml                      # pyproject.toml
    profiles:                            [tool.deployer]
      - deploy/**/*.yml                  profiles = ["deploy/**/*.yml"]

Patterns, files and folders count from where the file stands, the root of the repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.errors import UsageError
from deployer.profile.likeness import likeness

if TYPE_CHECKING:
    from deployer.cli.trees import Tree

YAML = "deployer.yaml"
TOML = "pyproject.toml"
KEY = "profiles"


def stated(tree: Tree) -> tuple[tuple[str, ...], str]:
    """Give the patterns and the file that states them; nothing where none does.

    Raises UsageError for a file that states something else than a list of patterns.
    """
    for file, read in ((YAML, _yaml), (TOML, _toml)):
        if tree.has(file):
            found = read(tree.text(file), file)
            if found is not None:
                return _patterns(found, file), file
    return (), ""


def _yaml(text: str, file: str) -> object:
    """Read the one key of the file; a profile of that name is none of our business."""
    import yaml  # noqa: PLC0415 - only where there is such a file

    if likeness(text).profile:
        return None
    try:
        value = yaml.safe_load(text)
        top = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:  # a false !!tag
        said = " ".join(str(error).split())
        msg = f"{file} is not YAML: {said}"
        raise UsageError(msg, hint=HINT) from error
    if isinstance(top, yaml.MappingNode) and [key.value for key, _ in top.value].count(KEY) > 1:
        msg = f"{file} has `{KEY}` twice, and only the last would count"
        raise UsageError(msg, hint=HINT)
    return _alone(value, file)


def _toml(text: str, file: str) -> object:
    if "deployer" not in text:
        return None
    import tomllib  # noqa: PLC0415 - only where such a file says something

    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        msg = f"{file} is not TOML: {error}"
        raise UsageError(msg, hint=HINT) from error
    tools = value.get("tool")
    section = tools.get("deployer") if isinstance(tools, dict) else None
    return None if section is None else _alone(section, f"[tool.deployer] in {file}")


def _alone(section: object, place: str) -> object:
    """Give what the key holds; another key beside it is a mistake."""
    if isinstance(section, dict) and set(section) == {KEY}:
        return () if section[KEY] is None else section[KEY]  # an empty key states nothing right
    others = [str(key) for key in section if key != KEY] if isinstance(section, dict) else []
    msg = f"{place} has `{others[0]}`, which means nothing" if others else f"{place} has no `{KEY}`"
    raise UsageError(msg, hint=HINT)


def _patterns(found: object, file: str) -> tuple[str, ...]:
    words = found if isinstance(found, list) else []
    if not words or not all(isinstance(word, str) and word.strip("/") for word in words):
        msg = f"`{KEY}` in {file} is not a list of patterns"
        raise UsageError(msg, hint=HINT)
    if outside := [word for word in words if word.startswith("/") or ".." in word.split("/")]:
        msg = f"`{KEY}` in {file} leads out of the repository: {outside[0]}"
        raise UsageError(msg, hint=HINT)
    return tuple(words)


HINT = f'Write `{KEY}: ["deploy/**/*.yml"]` into {YAML}, or leave it out'
