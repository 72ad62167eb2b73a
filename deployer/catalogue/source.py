"""The modules of a wheel as syntax trees, and where each name comes from."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator

from deployer.catalogue.wheel import Wheel


class Library:
    """The modules of one wheel, parsed when they are first asked for."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel

    @functools.cache  # noqa: B019  # one library a wheel, as short-lived as the process
    def module(self, name: str) -> Module | None:
        """Give a module by its dotted name, or None where the wheel does not have it."""
        found = self._wheel.source(name)
        if found is None:
            return None
        text, is_package = found
        return Module(self, name, text, is_package=is_package)


class Module:
    """One module; ``bindings`` maps each top-level name to the last node that binds it."""

    def __init__(self, library: Library, name: str, text: str, *, is_package: bool) -> None:
        self.library = library
        self.name = name
        self.text = text
        self.tree = ast.parse(text)
        self._package = name if is_package else name.rpartition(".")[0]
        self.bindings = bindings_of(self.tree.body)
        self.stars = [
            self.origin(node)
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]
        """The modules of which this one takes every name (``srt/utils`` from 0.5.3 to 0.5.4)."""

    def definition(self, name: str) -> ast.ClassDef | ast.FunctionDef | None:
        """Give the class or function of that name, even where an assignment follows it.

        From 0.5.20 on ``ServerArgs`` is a class first and a ``defstruct`` of it later.
        """
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
                return node
        return None

    def origin(self, node: ast.ImportFrom) -> str:
        """Give the dotted name of the module that an import reads from."""
        if not node.level:
            return node.module or ""
        parts = self._package.split(".")
        base = parts[: len(parts) - (node.level - 1)]
        return ".".join([*base, *([node.module] if node.module else [])])


def bindings_of(body: Iterable[ast.stmt]) -> dict[str, ast.stmt]:
    """Give the statement that binds each name last in the body of a module or a class."""
    return dict(_bindings(body))


def _bindings(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        match node:
            case ast.Assign(targets=targets):
                yield from ((it.id, node) for it in targets if isinstance(it, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                yield name, node
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((it.asname or it.name.partition(".")[0], node) for it in names)
            case ast.If(body=then, orelse=other):
                # What holds without any platform or type checker: the `else` branch goes last.
                yield from _bindings(then)
                yield from _bindings(other)
            case ast.Try(body=then, handlers=_):
                yield from _bindings(then)
