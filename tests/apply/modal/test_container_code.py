"""What goes into a container is all that it imports: else a GPU finds out what is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import deployer
from deployer.apply.modal.app import PACKAGE, _ignored, container_files

pytestmark = pytest.mark.process  # Modal's client takes a second to import

ROOT = Path(deployer.__file__).parent


def test_all_that_container_code_imports_travels_with_it() -> None:
    there = set(container_files())
    missing = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in there
        for name in imported(ast.parse(path.read_text(encoding="utf-8")))
        if name.startswith("deployer.") and not place(name) <= there
    }
    assert len(there) > 50
    folders = {folder for path in there for folder in path.relative_to(PACKAGE).parents}
    assert not any(map(_ignored, folders - {Path()})), "a folder that is not gone into"
    assert missing == set()


def imported(tree: ast.AST) -> Iterator[str]:
    """Give the modules that a module imports, wherever; not those for a type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            yield from imported(node)


def place(module: str) -> set[Path]:
    """Give the file of a module, and those of the packages that it is in."""
    parts = module.split(".")[1:]
    packages = {ROOT.joinpath(*parts[:depth], "__init__.py") for depth in range(len(parts))}
    found = ROOT.joinpath(*parts)
    return {*packages, found / "__init__.py" if found.is_dir() else found.with_suffix(".py")}
