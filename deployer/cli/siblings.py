"""The profiles beside those that are looked at: what they take must not be taken twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.check.across.identity import Siblings, siblings
from deployer.cli.discover import every_one
from deployer.cli.layers import layered
from deployer.cli.links import repository_of
from deployer.cli.reading import read_text
from deployer.cli.trees import Folder, WorkingTree, tree_at
from deployer.errors import DeployerError, Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.profile.layers import Text


def beside(files: Sequence[str]) -> dict[str, Siblings]:
    """Give the siblings of each file: the other files, and all profiles of its repository.

    In no repository those of its folder are looked at, and not those below.
    """
    there: dict[Path, str] = {}
    unread: dict[str, None] = {}
    for folder in dict.fromkeys(Path(file).parent for file in files):
        try:
            there |= _around(folder) if folder.is_dir() else {}
        except DeployerError as error:
            unread[f"{folder}{os.sep} ({error.message})"] = None
    there |= {_real(file): file for file in files}
    texts = {path: _text(str(path)) for path in there}
    around = siblings({there[path]: text for path, text in texts.items()} | unread)
    return {file: around.without(there[_real(file)]) for file in files}


def _around(folder: Path) -> dict[Path, str]:
    """Give the profiles around a folder. Raises DeployerError where nobody can tell which."""
    tree = tree_at(folder)
    if isinstance(tree, Folder) and (root := repository_of(str(folder / "x"))):
        message = f"the repository {root} cannot be looked at: there is no git here"
        raise Failure(message)
    tree = Folder(tree.root, deep=False) if isinstance(tree, Folder) else tree
    root = tree.repo.root if isinstance(tree, WorkingTree) else tree.root
    return {_real(root / path): _called(root / path) for path in every_one(tree)}


def _real(path: str | Path) -> Path:
    """Give where a path leads; a link to itself, which pathlib refuses, leads to itself."""
    return Path(os.path.realpath(path))


def _called(path: Path) -> str:
    """Call a file as a person here would."""
    try:
        return _real(path).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _text(path: str) -> Text | None:
    try:
        return layered(path, read_text(path), "")
    except DeployerError:
        return None
