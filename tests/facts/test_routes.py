"""The table of routes is what the releases' own sources say."""

from __future__ import annotations

import ast
import re

import pytest

from deployer.catalogue.cache import wheel_path
from deployer.catalogue.wheel import Wheel
from deployer.facts.sglang.catalogue import releases
from deployer.facts.sglang.routes import CLIENTS, OPERATORS, OTHERS, addable, clients, operators

MODULES = ("http_server", "v1_loads", "elastic_ep")

VERBS = {"get", "post", "put", "delete", "head", "patch", "options", "websocket", "api_route"}

DOORS = {"/health"}
"""What the door answers in the engine's place."""

TABLE = (*CLIENTS, *OTHERS, *OPERATORS)


def shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_every_route_stands_once() -> None:
    paths = [each.path for each in TABLE]
    assert len(paths) == len(set(paths))
    assert "/server_info" in operators()
    assert "/generate" in addable("0.5.23")
    assert "/ready" not in addable("0.5.19")
    assert "/v1/chat/completions" in {each.path for each in clients("0.5.9")}
    assert len(clients("0.5.10")) == len(clients("0.5.9")) + 1


@pytest.mark.wheels
@pytest.mark.parametrize("version", releases())
def test_the_table_has_all_routes_of_a_release_and_no_other(version: str) -> None:
    found = declared(Wheel(wheel_path(version)))
    told = {shape(each.path): set(each.methods) for each in TABLE if each.in_release(version)}

    assert set(told) == set(found) - DOORS
    assert all(methods <= found[path] for path, methods in told.items())


def declared(wheel: Wheel) -> dict[str, set[str]]:
    """Read the routes, with their methods, that the decorators of a release declare."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        source = wheel.source(f"sglang.srt.entrypoints.{module}")
        for call in calls(ast.parse(source[0])) if source else ():
            if (path := literal(call.args[0])) is not None:
                found.setdefault(shape(path), set()).update(methods(call))
    return found


def calls(tree: ast.Module) -> list[ast.Call]:
    functions = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [
        one
        for function in functions
        for one in function.decorator_list
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and ast.unparse(one.func.value) in {"app", "router"}
        and one.func.attr in VERBS
    ]


def literal(node: ast.expr) -> str | None:
    """Give a path; of one that a variable may change, its default; None where there is none."""
    if isinstance(node, ast.Call) and len(node.args) == 2:
        node = node.args[1]
    return str(node.value) if isinstance(node, ast.Constant) else None


def methods(call: ast.Call) -> set[str]:
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr != "api_route":
        return {call.func.attr.upper()}
    (stated,) = [word.value for word in call.keywords if word.arg == "methods"]
    return set(ast.literal_eval(stated))
