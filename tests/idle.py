"""Finds tests that cannot fail, by how they are written: from Python's syntax tree alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BROAD = {
    "BaseException",
    "Exception",
    "Failure",
    "OSError",
    "RuntimeError",
    "TypeError",
    "UsageError",
    "ValueError",
}
"""What is raised for many reasons: a test says which one it means."""

JUDGES = {"raises", "warns", "fail"}
"""What of pytest proves something by itself."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While
Nodes = list[ast.stmt]
"""All statements of a file, walked once: of nodes there are a million and more in all files."""


@dataclass(frozen=True, slots=True)
class Idle:
    """A place in a test where nothing is proven, and why."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}"


def find(sources: dict[str, str]) -> list[Idle]:
    """Look through test files, given as path and text; a helper in one counts for the others."""
    walked = {file: list(_statements(ast.parse(text))) for file, text in sources.items()}
    proving = _proving([f for nodes in walked.values() for f in _functions(nodes)])
    return [
        Idle(file, line, why)
        for file, nodes in walked.items()
        for line, why in (*_of_tests(nodes, proving), *_of_assertions(nodes), *_of_raises(nodes))
    ]


def _of_tests(nodes: Nodes, proving: set[str]) -> Iterator[tuple[int, str]]:
    for function in _functions(nodes):
        if not _is_test(function) or _proves(function.body, proving, in_loops=False):
            continue
        if not _proves(function.body, proving, in_loops=True):
            yield function.lineno, f"{function.name} asserts nothing"
        else:
            yield (
                function.lineno,
                f"{function.name} asserts in a loop only, which may have nothing to go through",
            )


def _of_assertions(nodes: Nodes) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.Assert) and _always_true(node.test):
            yield node.lineno, f"`{ast.unparse(node.test)}` is always true"


def _of_raises(nodes: Nodes) -> Iterator[tuple[int, str]]:
    for node in (one for one in nodes if isinstance(one, ast.With)):
        for item in node.items:
            call = item.context_expr
            if not isinstance(call, ast.Call) or _name(call) != "raises" or not call.args:
                continue
            kind = call.args[0]
            broad = isinstance(kind, ast.Name) and kind.id in BROAD
            said = item.optional_vars or any(k.arg in {"match", "check"} for k in call.keywords)
            if broad and not said:
                yield node.lineno, f"`{ast.unparse(call)}` takes any reason for the one it means"


def _always_true(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(map(_always_true, test.values))
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right, sign = test.left, test.comparators[0], test.ops[0]
        same = ast.dump(left) == ast.dump(right) and not _called(left)
        size = isinstance(left, ast.Call) and _name(left) == "len"
        zero = isinstance(right, ast.Constant) and right.value == 0
        return (same and isinstance(sign, ast.Eq | ast.Is | ast.LtE | ast.GtE)) or (
            size and zero and isinstance(sign, ast.GtE)
        )
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple | ast.List | ast.Set):
        return bool(test.elts)
    return isinstance(test, ast.Lambda | ast.JoinedStr) or ast.unparse(test) in {
        "os.environ",
        "sys.argv",
        "sys.modules",
        "sys.path",
    }


def _proves(body: Iterable[ast.AST], proving: set[str], *, in_loops: bool) -> bool:
    """Whether an assertion stands in it; without ``in_loops``: one that is certainly reached."""
    for node in body:
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Raise) and node.exc and "AssertionError" in ast.unparse(node.exc):
            return True
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Call) and _judges(node, proving):
            return True
        if isinstance(node, Loop) and not in_loops and not _turns(node):
            continue
        if _proves(ast.iter_child_nodes(node), proving, in_loops=in_loops):
            return True
    return False


def _judges(call: ast.Call, proving: set[str]) -> bool:
    """Whether a call asserts: a helper, or a method that says so by its name."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in JUDGES or call.func.attr.startswith("assert_")
    return _name(call) in proving


def _turns(loop: Loop) -> bool:
    """Whether a loop goes round at least once: through what is written out at its head."""
    head = loop.test if isinstance(loop, ast.While) else loop.iter
    return _written_out(head)


def _written_out(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and _name(node) in {"enumerate", "zip", "range", "product"}:
        return all(map(_written_out, node.args))
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(not isinstance(one, ast.Starred) for one in node.elts)
    if isinstance(node, ast.Attribute):
        return ast.unparse(node).startswith("string.")
    return isinstance(node, ast.Constant) and bool(node.value)


def _proving(functions: list[Function]) -> set[str]:
    """Give the names of the helpers that assert, themselves or through one another."""
    found: set[str] = set()
    left = [function for function in functions if not _is_test(function)]
    while more := {f.name for f in left if _proves(f.body, found, in_loops=False)}:
        found |= more
        left = [function for function in left if function.name not in found]
    return found


def _is_test(function: Function) -> bool:
    return function.name.startswith("test_")


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Give the statements below a node, in every block; no statement stands in an expression."""
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for below in getattr(node, block, ()):
            if isinstance(below, ast.stmt):
                yield below
            yield from _statements(below)


def _functions(nodes: Nodes) -> list[Function]:
    return [node for node in nodes if isinstance(node, Function)]


def _called(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Call) for one in ast.walk(node))


def _name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
