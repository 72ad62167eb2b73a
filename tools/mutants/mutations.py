"""Small faults that could be made in a file, as replacements of its text.

Of the kinds that people really make: a boundary, a condition, a number, an operator, an answer,
a statement that is missing. Texts are left alone (golden tests hold those), and so are
annotations, docstrings, assertions about types and what only a type checker reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
"""What each comparison becomes: the neighbor of a boundary, the opposite of an equality."""

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}

Places = Iterator[tuple[ast.AST, str]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault in one file: at which line (from 1), what stood there, and what stands there now.

    ``start`` and ``end`` are the bytes of the file that are replaced.
    """

    file: str
    line: int
    before: str
    after: str
    start: int
    end: int

    def __str__(self) -> str:
        """Say where, and what."""
        return f"{self.file}:{self.line}: `{_short(self.before)}` -> `{_short(self.after)}`"

    def of(self, text: str) -> str:
        """Give the file's text with the fault in it."""
        data = text.encode()
        return (data[: self.start] + self.after.encode() + data[self.end :]).decode()


def mutants(file: str, text: str) -> list[Mutant]:
    """Give every fault of a file that is still Python, in the order of the file."""
    tree = ast.parse(text)
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node, after in _of_block(tree):
        start = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        before = text.encode()[start:end].decode()
        one = Mutant(file, node.lineno, before, after, start, end)  # type: ignore[attr-defined]
        if _is_python(one.of(text)):
            found.append(one)
    return sorted(found, key=lambda one: (one.start, one.end, one.after))


def _of_block(node: ast.AST) -> Places:
    """Walk a tree without what only readers and type checkers see."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
        for statement in node.body:
            if not _is_text(statement):
                yield from _of_block(statement)
        if isinstance(node, ast.FunctionDef):
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                yield from _of_block(default)
        return
    yield from _of_node(node)
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name != "annotation":
                yield from _of_block(child)


def _of_node(node: ast.AST) -> Places:  # noqa: PLR0912, C901 - a table with conditions
    match node:
        case ast.Compare(ops=[sign]) if type(sign) in COMPARISONS:
            left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
            yield node, f"({left} {COMPARISONS[type(sign)]} {right})"
        case ast.BoolOp(values=values):
            word = " or " if isinstance(node.op, ast.And) else " and "
            yield node, f"({word.join(f'({ast.unparse(one)})' for one in values)})"
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"({ast.unparse(node.operand)})"
        case ast.BinOp(left=left, right=right, op=op) if type(op) in OPERATORS:
            if not any(map(_is_string, (left, right))):
                word = OPERATORS[type(op)]
                yield node, f"(({ast.unparse(left)}) {word} ({ast.unparse(right)}))"
        case ast.Constant(value=bool()):
            yield node, str(not node.value)
        case ast.Constant(value=int() | float() as number):
            yield node, repr(number + 1)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield test, "True"
            yield test, "False"
        case ast.comprehension(ifs=ifs):
            for condition in ifs:
                yield condition, "True"
        case ast.Return(value=value) if value is not None and ast.unparse(value) != "None":
            yield value, "None"
        case ast.Yield() | ast.Raise():
            yield node, "None" if isinstance(node, ast.Yield) else "pass"
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield node, "pass"
        case ast.Continue():
            yield node, "break"


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and _is_string(statement.value)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _is_python(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _short(text: str, width: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
