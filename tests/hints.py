"""Finds every hint that is written in the sources: what is told to do instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator

PLACES = {"Problem": 2, "Misread": 2, "Finding": 4}
"""Which argument of what is called without a name is a hint, counted from 0."""

Assignment = ast.Assign | ast.AugAssign


def hints(source: str) -> Iterator[ast.expr]:
    """Give each text that is a hint, by its last part: the one in which it ends.

    A name stands for all that is called so in the module, a function for what it returns.
    """
    nodes = list(ast.walk(ast.parse(source)))
    made: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, Assignment):
            made.setdefault(_called(_target(node)), []).append(node.value)
        elif isinstance(node, ast.FunctionDef):
            said = (one.value for one in ast.walk(node) if isinstance(one, ast.Return))
            made.setdefault(f"{node.name}()", []).extend(one for one in said if one is not None)
    seen: set[str] = set()
    for node in nodes:
        for given in _given(node):
            yield from _texts(given, made, seen)


def last_words(text: ast.expr) -> str:
    """Give how a hint ends, as it is written."""
    if isinstance(text, ast.JoinedStr):
        text = text.values[-1] if text.values else text
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""


def _given(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        yield from (word.value for word in node.keywords if word.arg == "hint")
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        place = PLACES.get(name, len(node.args))
        yield from node.args[place : place + 1]
    elif isinstance(node, Assignment) and _called(_target(node)).endswith("hint"):
        yield node.value


def _target(node: Assignment) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def _called(target: ast.expr) -> str:
    """Give a name as it is written, the last one of several; nothing for what has none."""
    if isinstance(target, ast.Attribute):
        return f".{target.attr}"
    return target.id if isinstance(target, ast.Name) else ""


def _texts(given: ast.expr, made: dict[str, list[ast.expr]], seen: set[str]) -> Iterator[ast.expr]:
    if isinstance(given, ast.IfExp):
        parts = [given.body, given.orelse]
    elif isinstance(given, ast.BoolOp):
        parts = given.values
    elif isinstance(given, ast.BinOp):
        parts = [given.right]
    elif isinstance(given, ast.Name | ast.Call):
        name = f"{ast.unparse(given.func)}()" if isinstance(given, ast.Call) else given.id
        parts = [] if name in seen else made.get(name, [])
        seen.add(name)
    else:
        parts = []
        if isinstance(given, ast.JoinedStr) or (
            isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value
        ):
            yield given
    for part in parts:
        yield from _texts(part, made, seen)
