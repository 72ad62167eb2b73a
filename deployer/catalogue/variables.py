"""The environment variables that a release declares in ``srt/environ.py``."""

from __future__ import annotations

import ast

from deployer.catalogue.evaluate import Evaluator
from deployer.catalogue.names import Scope
from deployer.catalogue.source import Library
from deployer.catalogue.values import CannotEvaluateError, Member, Value

ENVIRON = "sglang.srt.environ"


def variables(library: Library) -> tuple[dict[str, Value], dict[str, str]]:
    """Give each declared variable with its default, and each deprecated name with the new one.

    A default that is computed (a lambda, the platform) is null; a tuple is written as the engine
    reads it, separated by commas.
    """
    module = library.module(ENVIRON)
    node = module.definition("Envs") if module else None
    if module is None or not isinstance(node, ast.ClassDef):
        msg = f"{ENVIRON} has no class Envs"
        raise CannotEvaluateError(msg)
    defaults: dict[str, Value] = {}
    renamed: dict[str, str] = {}
    evaluator = Evaluator()
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                defaults[name] = _default(evaluator, call, Scope(module))
                renamed |= dict.fromkeys(_old_names(call), name)
    return defaults, renamed


def _default(evaluator: Evaluator, call: ast.Call, scope: Scope) -> Value:
    named = [it.value for it in call.keywords if it.arg == "default"]
    nodes = [*call.args[:1], *named]
    if not nodes:
        return None
    try:
        value = evaluator.evaluate(nodes[0], scope)
    except CannotEvaluateError:
        return None
    if isinstance(value, Member):
        value = value.value
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return value if isinstance(value, bool | int | float | str) else None


def _old_names(call: ast.Call) -> list[str]:
    return [
        it.value.value
        for it in call.keywords
        if it.arg == "deprecated_name"
        and isinstance(it.value, ast.Constant)
        and isinstance(it.value.value, str)
    ]
