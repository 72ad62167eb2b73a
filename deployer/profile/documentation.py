"""The docstrings under a section's fields, read when a schema or an explanation needs them.

pydantic can collect them itself (``use_attribute_docstrings``), but does so whenever a model is
imported, which costs every command a tenth of its start.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel


@functools.cache
def field_docs(kind: type[BaseModel]) -> Mapping[str, str]:
    """Give the text under each field of a section, and of what it builds on, its lines joined."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    if not isinstance(definition, ast.ClassDef):
        msg = f"{kind.__name__} is not declared as a class"
        raise TypeError(msg)
    of_bases = (each for each in kind.__bases__ if getattr(each, "model_fields", None))
    found = {name: text for each in of_bases for name, text in field_docs(each).items()}
    for field, doc in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = _text(doc)
            if text:
                found[field.target.id] = text
    return MappingProxyType(found)


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""
