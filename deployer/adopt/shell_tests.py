"""Whether a test of a shell script holds: `[ A = B ]`, `[[ A && B ]]`, `(( A > 1 ))`.

None stands for what only running the script would tell.
"""

from __future__ import annotations

import ast
import fnmatch
import operator
import re
from collections.abc import Callable, Sequence

from deployer.adopt.script import UNKNOWN
from deployer.late import compile_pattern

NUMBER = compile_pattern(r"[+-]?(0|[1-9]\d*)")
LIMIT = 2**63
"""bash reckons with signed numbers of 64 bits; what is larger is not followed."""

NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq, "-ne": operator.ne, "-lt": operator.lt,
    "-le": operator.le, "-gt": operator.gt, "-ge": operator.ge,
}  # fmt: skip
SIMPLE = compile_pattern(r"[\w^$.*+?|() -]*", re.ASCII)
"""Regular expressions that mean the same to bash and to Python."""

CHANGES = compile_pattern(
    r"([A-Za-z_]\w*)\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)"
)


def holds(tokens: Sequence[str], *, double: bool) -> bool | None:
    """Evaluate the words of a test; ``double`` for `[[ ]]`, which has patterns and `&&`."""
    tokens = [{"-a": "&&", "-o": "||"}.get(one, one) if not double else one for one in tokens]
    for sign, join in (("||", _either), ("&&", _both)):
        at = _outside(tokens, sign)
        if at > 0:
            left, right = tokens[:at], tokens[at + 1 :]
            return join(holds(left, double=double), holds(right, double=double))
    if len(tokens) > 1 and tokens[0] == "!":
        inner = holds(tokens[1:], double=double)
        return None if inner is None else not inner
    if len(tokens) > 1 and tokens[0] == "(" and tokens[-1] == ")":
        return holds(tokens[1:-1], double=double)
    return _simple(list(tokens), double=double)


def _outside(tokens: Sequence[str], sign: str) -> int:
    """Find the last such operator that stands in no bracket: they bind from the left."""
    depth, found = 0, -1
    for place, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == sign and depth == 0:
            found = place
    return found


def _both(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001 - two truths
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _either(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001 - two truths
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _simple(tokens: list[str], *, double: bool) -> bool | None:  # noqa: PLR0911 - one case a form
    if any(UNKNOWN.search(token) for token in tokens):
        return None
    match tokens:
        case []:
            return False
        case [word]:
            return word != ""
        case ["-z", word]:
            return word == ""
        case ["-n", word]:
            return word != ""
        case [left, sign, right]:
            return _compared(left, sign, right, double=double)
    return None


def _compared(left: str, sign: str, right: str, *, double: bool) -> bool | None:  # noqa: PLR0911 - one case a form
    if sign in NUMBERS:
        if not (NUMBER.fullmatch(left) and NUMBER.fullmatch(right)):
            return None
        return NUMBERS[sign](int(left), int(right))
    if sign in {"=", "==", "!="}:
        if double and re.search(r"[*?\[\\]", right):
            if re.search(r"[\[\\]", right):
                return None
            same = fnmatch.fnmatchcase(left, right)
        else:
            same = left == right
        return same == (sign != "!=")
    if sign == "=~" and SIMPLE.fullmatch(right):
        try:
            return re.search(right, left) is not None
        except re.error:
            return None
    return None


def arithmetic(text: str, value: Callable[[str], str | None]) -> int | None:
    """Reckon what stands in `(( ))`; ``value`` gives the text of a variable."""
    if (
        UNKNOWN.search(text)
        or CHANGES.search(text)
        or re.search(r"[&|^~?:,#'\"\\`$]", _spelt(text))
    ):
        return None
    try:
        tree = ast.parse(_spelt(text).strip() or "0", mode="eval")
        return _reckon(tree.body, value)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def changed(text: str) -> list[str]:
    """Name the variables that an arithmetic expression sets."""
    return [one or other for one, other in CHANGES.findall(text)]


def _spelt(text: str) -> str:
    return text.replace("&&", " and ").replace("||", " or ")


TWO: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: int(
        operator.floordiv(abs(left), abs(right)) * (1 if (left < 0) == (right < 0) else -1)
    ),
    ast.Mod: lambda left, right: (
        left - right * (abs(left) // abs(right)) * (1 if (left < 0) == (right < 0) else -1)
    ),
}
COMPARE: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt,
    ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def _reckon(node: ast.expr, value: Callable[[str], str | None]) -> int | None:
    """Reckon one part; None where something in it is not known."""
    found: int | None = None
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            found = number
        case ast.Name(id=name):
            text = value(name)
            found = int(text) if text is not None and NUMBER.fullmatch(text) else None
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            one = _reckon(inner, value)
            found = None if one is None else -one
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in TWO:
            pair = _reckon(left, value), _reckon(right, value)
            found = None if None in pair else TWO[type(sign)](*pair)  # type: ignore[arg-type]
        case ast.Compare(left=left, ops=[order], comparators=[right]) if type(order) in COMPARE:
            pair = _reckon(left, value), _reckon(right, value)
            found = None if None in pair else int(COMPARE[type(order)](*pair))  # type: ignore[arg-type]
        case ast.BoolOp(op=join, values=parts):
            known = [_reckon(part, value) for part in parts]
            if None not in known:
                found = int((all if isinstance(join, ast.And) else any)(known))
    return found if found is not None and -LIMIT < found < LIMIT else None
