"""Finds every hint that is written in the sources: what is told to do instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator

PLACES = {"Problem": 2, "Misread": 2, "Finding": 4}
"""Which argument of what is called without a name is a hint, counted from 0."""


def hints(source: str) -> Iterator[ast.expr]:
    """Give each text that is a hint, by its last part: the one in which it ends."""
    tree = ast.parse(source)
    named = {
        line.targets[0].id: line.value
        for line in tree.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        for given in _given(node):
            texts = _texts(given)
            if isinstance(given, ast.Name) and given.id in named:
                texts = _texts(named[given.id])
            yield from texts


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
    elif isinstance(node, ast.Assign | ast.AugAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if ast.unparse(target).endswith("hint"):
            yield node.value


def _texts(given: ast.expr) -> Iterator[ast.expr]:
    if isinstance(given, ast.IfExp):
        yield from _texts(given.body)
        yield from _texts(given.orelse)
    elif isinstance(given, ast.BinOp):
        yield from _texts(given.right)
    elif isinstance(given, ast.JoinedStr) or (
        isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value
    ):
        yield given
