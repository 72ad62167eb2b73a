"""The docstrings under a section's fields, read when a schema or an explanation needs them."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Mapping
from types import MappingProxyType

from deployer.profile.section import Section


def field_docs(kind: type[Section]) -> Mapping[str, str]:
    """Give the text under each field of a section, its lines joined."""
    definition = _classes(kind.__module__)[kind.__name__]
    found = {}
    for field, doc in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = _text(doc)
            if text:
                found[field.target.id] = text
    return MappingProxyType(found)


@functools.cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    """Read the classes of a module's source."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""
