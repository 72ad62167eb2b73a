"""Follow a Python file as far as its constants tell, without running it.

Assignments, f-strings, lists that grow, functions and classes of the file, branches whose tests are
known. Of a branch whose test is not, both ways are followed, and what differs after it is marked.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deployer.adopt.python_calls import PURE, WIDE, WIDE_PERCENT, NotKnownError, method, pure
from deployer.adopt.python_values import (
    Defined,
    Instance,
    Kind,
    Made,
    Mark,
    Ref,
    Scope,
    copied,
    truth,
    unsure,
)
from deployer.adopt.script import UNKNOWN, Choice, Unknowns
from deployer.secret import may_name_secret

STARTS = {
    "subprocess.Popen",
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "os.system",
    "os.execvp",
    "os.execv",
    "os.execvpe",
    "os.popen",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "pexpect.spawn",
}
"""Calls that start a program."""

SETS = {
    f"{module}environ.{name}" for module in ("os.", "") for name in ("update", "setdefault")
} | {"os.putenv", "putenv"}
"""Calls that change what the programs after them see."""

COPIES = frozenset({"os.environ.copy", "environ.copy"})
"""Calls that give the variables as they are, to be changed for one program."""

ENVIRON = "os.environ"
"""The name under which the module keeps what the file sets: no name of Python has a point."""

ENGINES = {
    "AsyncEngineArgs": "vllm",
    "EngineArgs": "vllm",
    "ServerArgs": "sglang",
    "sglang.Engine": "sglang",
    "sglang.Runtime": "sglang",
}
"""Calls that start an engine within Python: their arguments are its flags by their own names."""

LONGEST_SHOWN = 40
MOST_STEPS = 200_000
"""Parts of a file that are followed: each turn of a loop and each call counts anew."""

DEEPEST = 24
MOST_TURNS = 64

TWO: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitOr: operator.or_,
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
    ast.Is: lambda one, two: one is two,
    ast.IsNot: lambda one, two: one is not two,
}


@dataclass(frozen=True, slots=True)
class Started:
    """A program that the file starts: its words or its text for a shell, and where."""

    words: tuple[str, ...]
    text: str
    line: int
    variables: tuple[tuple[str, str], ...]
    nested: bool
    engine: str = ""


class ReturnError(Exception):
    """A function gives a value."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - any value
        super().__init__()
        self.value = value


class LeaveError(Exception):
    """A branch leaves: by raising, or out of a loop."""


class TooMuchError(Exception):
    """The file is larger than what is followed."""


@dataclass(slots=True)
class Reader:
    """Follows one file."""

    unknowns: Unknowns
    known: Mapping[str, str]
    module: Scope = field(default_factory=lambda: Scope({"__name__": "__main__", ENVIRON: {}}))
    started: list[Started] = field(default_factory=list)
    lists: list[tuple[list[Any], int]] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)
    downloads: list[Made] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    called: set[int] = field(default_factory=set)
    read: Callable[[str], str | None] = lambda _: None
    modules: dict[str, Scope | None] = field(default_factory=dict)
    file: str = ""
    steps: int = MOST_STEPS
    depth: int = 0
    maybe: int = 0

    # Statements

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Follow statements; raises what ends them."""
        for place, node in enumerate(body):
            self.steps -= 1
            if self.steps < 0:
                raise TooMuchError
            if isinstance(node, ast.If):
                self.branch(node.test, node.body, node.orelse, body[place + 1 :], scope)
                return
            self.statement(node, scope)

    def branch(
        self,
        test: ast.expr,
        yes: Sequence[ast.stmt],
        no: Sequence[ast.stmt],
        rest: Sequence[ast.stmt],
        scope: Scope,
    ) -> None:
        """Follow the branch that is taken; both where that is not known."""
        holds = truth(self.value(test, scope))
        if holds is not None:
            self.block(yes if holds else no, scope)
            self.block(rest, scope)
            return
        shown = _shown(test)
        before = self.snapshot(scope)
        ends: list[tuple[Any, Any]] = []
        self.maybe += 1
        try:
            for body in (yes, no):
                self.restore(scope, before)
                left = False
                value: ReturnError | LeaveError | None = None
                try:
                    self.block(body, scope)
                except (ReturnError, LeaveError) as error:
                    left, value = True, error
                ends.append((self.snapshot(scope), value if left else None))
        finally:
            self.maybe -= 1
        going = [state for state, left in ends if left is None]
        if not going:
            values = [left.value for _, left in ends if isinstance(left, ReturnError)]
            if not values:
                raise LeaveError
            self.restore(scope, self.join([state for state, _ in ends], shown, test.lineno))
            raise ReturnError(self.either(values, shown, test.lineno))
        self.restore(scope, self.join(going, shown, test.lineno))
        returned = [left.value for _, left in ends if isinstance(left, ReturnError)]
        try:
            self.block(rest, scope)
        except ReturnError as error:
            if returned:
                raise ReturnError(
                    self.either([*returned, error.value], shown, test.lineno)
                ) from error
            raise
        if returned:
            raise ReturnError(self.either([*returned, None], shown, test.lineno))

    def statement(self, node: ast.stmt, scope: Scope) -> None:  # noqa: C901, PLR0912 - one case a form
        """Follow one statement."""
        match node:
            case ast.Assign(targets=targets, value=value):
                found = self.value(value, scope)
                for target in targets:
                    self.assign(target, found, scope)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self.assign(target, self.value(value, scope), scope)
            case ast.AugAssign(target=target, op=sign, value=value):
                self.augment(target, sign, self.value(value, scope), scope, node.lineno)
            case ast.Expr(value=value):
                self.value(value, scope)
            case ast.Return(value=value):
                raise ReturnError(None if value is None else self.value(value, scope))
            case ast.Raise() | ast.Break() | ast.Continue():
                raise LeaveError
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                decorators = [self.value(one, scope) for one in node.decorator_list]
                scope.put(node.name, Defined(node, scope, decorators=decorators))
            case ast.ClassDef():
                self.define(node, scope)
            case ast.Import() | ast.ImportFrom():
                self.imports(node, scope)
            case ast.Global(names=names):
                scope.shared.update(names)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    found = self.value(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, found, scope)
                self.block(body, scope)
            case ast.Try(body=body, orelse=orelse, finalbody=final):
                self.tries(body, orelse, final, scope)
            case ast.For() | ast.AsyncFor():
                self.loop(node, scope)
            case ast.While(body=body):
                self.perhaps(body, scope, node)
            case ast.Match(cases=cases):
                for case in cases:
                    self.perhaps(case.body, scope, node)
            case _:
                return

    def tries(
        self,
        body: Sequence[ast.stmt],
        orelse: Sequence[ast.stmt],
        final: Sequence[ast.stmt],
        scope: Scope,
    ) -> None:
        """Follow what is tried as if it went well."""
        try:
            self.block([*body, *orelse], scope)
        except LeaveError:
            pass
        finally:
            self.block(final, scope)

    def loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        """Follow a loop over what is known; of any other, the body once, as one that may run."""
        items = self.value(node.iter, scope)
        if isinstance(items, dict):
            items = list(items)
        leaves = any(
            isinstance(one, ast.Break | ast.Continue | ast.Return | ast.Raise)
            for one in ast.walk(node)
        )
        if (
            not isinstance(items, list)
            or isinstance(items, str)
            or len(items) > MOST_TURNS
            or leaves
            or any(isinstance(one, Mark) for one in items)
        ):
            self.assign(
                node.target,
                self.mark(f"`{_shown(node.target)}` goes through a list", node.lineno),
                scope,
            )
            self.perhaps(node.body, scope, node)
            return
        for item in items:
            self.assign(node.target, item, scope)
            self.block(node.body, scope)

    def perhaps(self, body: Sequence[ast.stmt], scope: Scope, node: ast.stmt) -> None:
        """Follow a body that may run any number of times."""
        before = self.snapshot(scope)
        self.maybe += 1
        try:
            self.block(body, scope)
        except (ReturnError, LeaveError):
            pass
        finally:
            self.maybe -= 1
        self.restore(
            scope, self.join([before, self.snapshot(scope)], "a loop", node.lineno, again=True)
        )

    def define(self, node: ast.ClassDef, scope: Scope) -> None:
        """Keep a class with its names; one within a function sees that function's."""
        inner = Scope({}, scope)
        decorators = [self.value(one, scope) for one in node.decorator_list]
        bases = [self.value(one, scope) for one in node.bases]
        kind = Kind(node, inner.names, bases, decorators)
        scope.put(node.name, kind)
        self.block(node.body, inner)
        for name, found in inner.names.items():
            if isinstance(found, Defined):
                inner.names[name] = replace(found, scope=scope)

    def imports(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """Keep names that come from elsewhere."""
        for one in node.names:
            if isinstance(node, ast.Import):
                name = one.asname or one.name.partition(".")[0]
                scope.put(name, Ref(one.name if one.asname else name))
            else:
                known = f"{'.' * node.level}{node.module or ''}"
                module = self.beside(node.module or "") if node.level < 2 else None  # noqa: PLR2004
                given = {} if module is None else module.names
                if one.name == "*":
                    scope.names.update(given)
                else:
                    found = given.get(one.name, Ref(f"{known}.{one.name}"))
                    scope.put(one.asname or one.name, found)

    def beside(self, name: str) -> Scope | None:
        """Follow a module that lies beside the file, or where the file's tree begins, once."""
        if name in self.modules or not name:
            return self.modules.get(name)
        self.modules[name] = None
        path = name.replace(".", "/")
        above = ("", "../", "../../") if "." in name else ("",)  # where a package may begin
        places = [f"{up}{path}{end}" for up in above for end in (".py", "/__init__.py")]
        text = next((found for place in places if (found := self.read(place)) is not None), None)
        try:
            tree = ast.parse(text or "")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        if text is None:
            return None
        made = Scope({"__name__": name}, file=f"{path}.py")
        before, lists, outer, self.file = len(self.started), len(self.lists), self.file, made.file
        try:
            self.block(tree.body, made)
        except (LeaveError, ReturnError):
            pass
        finally:
            self.file = outer
            del self.started[before:], self.lists[lists:]
        self.modules[name] = made
        return made

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:  # noqa: ANN401 - any value
        """Give a value to a name, an attribute, an item, or several."""
        match target:
            case ast.Name(id=name):
                scope.put(name, value)
            case ast.Attribute(value=base, attr=name):
                owner = self.value(base, scope)
                if isinstance(owner, Instance):
                    owner.names[name] = value
            case ast.Subscript(value=base, slice=index):
                owner, place = self.value(base, scope), self.value(index, scope)
                if _is_environment(owner):
                    self.environ[str(place)] = value
                elif isinstance(owner, dict) and isinstance(place, str | int):
                    owner[place] = value
                elif isinstance(owner, list):
                    owner[:] = [
                        self.mark(f"`{_shown(base)}` is changed in the middle", target.lineno)
                    ]
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                known = isinstance(value, list) and len(value) == len(parts)
                for place, part in enumerate(parts):
                    found = (
                        value[place]
                        if known
                        else self.mark(
                            f"`{_shown(part)}` is known only when it runs", target.lineno
                        )
                    )
                    self.assign(part, found, scope)
            case _:
                return

    def augment(
        self,
        target: ast.expr,
        sign: ast.operator,
        value: Any,  # noqa: ANN401 - any value
        scope: Scope,
        line: int,
    ) -> None:
        """Follow `+=` and the like; a list grows where it is."""
        before = self.value(target, scope)
        if isinstance(before, list) and isinstance(sign, ast.Add) and not isinstance(before, Mark):
            before += (
                value
                if isinstance(value, list)
                else [
                    value
                    if isinstance(value, Mark)
                    else self.mark(f"`{_shown(target)}` grows", line)
                ]
            )
            return
        self.assign(target, self.two(before, sign, value, _shown(target), line), scope)

    # Expressions

    def value(self, node: ast.expr, scope: Scope) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912 - any value, one case a form
        """Give what an expression comes to."""
        self.steps -= 1
        if self.steps < 0:
            raise TooMuchError
        match node:
            case ast.Constant(value=found):
                return (
                    found
                    if isinstance(found, str | int | float | bool | None)
                    else self.not_known(node)
                )
            case ast.Name(id=name):
                there, found = scope.find(name)
                return found if there else Ref(name)
            case ast.JoinedStr(values=parts):
                return self.text(parts, scope)
            case ast.Attribute():
                return self.attribute(node, scope)
            case ast.List() | ast.Tuple() | ast.Set():
                items = self.items(node.elts, scope)
                if isinstance(node, ast.List):
                    self.lists.append((items, node.lineno))
                return items
            case ast.Dict(keys=keys, values=values):
                return self.mapping(keys, values, scope)
            case ast.BinOp(left=left, op=sign, right=right):
                return self.two(
                    self.value(left, scope),
                    sign,
                    self.value(right, scope),
                    _shown(node),
                    node.lineno,
                )
            case ast.BoolOp(op=sign, values=parts):
                return self.logic(sign, parts, scope, node)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                holds = truth(self.value(inner, scope))
                return self.not_known(node) if holds is None else not holds
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                found = self.value(inner, scope)
                return -found if isinstance(found, int | float) else self.not_known(node)
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                return self.compare(self.value(left, scope), sign, self.value(right, scope), node)
            case ast.IfExp(test=test, body=yes, orelse=no):
                holds = truth(self.value(test, scope))
                if holds is None:
                    return self.either(
                        [self.value(yes, scope), self.value(no, scope)], _shown(test), node.lineno
                    )
                return self.value(yes if holds else no, scope)
            case ast.Subscript(value=base, slice=index):
                return self.subscript(node, self.value(base, scope), index, scope)
            case ast.Call():
                return self.call(node, scope)
            case (
                ast.ListComp(elt=element, generators=each)
                | ast.GeneratorExp(elt=element, generators=each)
            ):
                made: list[Any] = []
                known = self.comprehension(element, each, scope, made)
                return made if known else self.not_known(node)
            case ast.Await(value=inner) | ast.Starred(value=inner):
                return self.value(inner, scope)
            case ast.NamedExpr(target=target, value=inner):
                found = self.value(inner, scope)
                self.assign(target, found, scope)
                return found
            case ast.Lambda():
                return Defined(node, scope)
            case _:
                return self.not_known(node)

    def text(self, parts: Sequence[ast.expr], scope: Scope) -> str:
        """Give an f-string."""
        made = ""
        for part in parts:
            found = self.value(part.value if isinstance(part, ast.FormattedValue) else part, scope)
            if (
                isinstance(part, ast.FormattedValue)
                and part.format_spec is not None
                and not isinstance(found, Mark)
            ):
                spec = self.value(part.format_spec, scope)
                try:
                    found = self.not_known(part) if WIDE.search(spec) else format(found, spec)
                except (ValueError, TypeError):
                    found = self.not_known(part)
            if isinstance(found, str | int | float | bool) or found is None:
                made += str(found)
            else:
                made += self.not_known(part)
        return made

    def items(self, parts: Sequence[ast.expr], scope: Scope) -> list[Any]:
        """Give a list's items, those of starred lists among them."""
        made: list[Any] = []
        for part in parts:
            found = self.value(part, scope)
            if not isinstance(part, ast.Starred):
                made.append(found)
            elif isinstance(found, list):
                made += found
            else:
                made.append(found if isinstance(found, Mark) else self.not_known(part.value))
        return made

    def mapping(
        self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], scope: Scope
    ) -> dict[Any, Any]:
        """Give a dictionary."""
        made: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            found = self.value(value, scope)
            if key is None:
                made.update(found if isinstance(found, dict) else {})
                continue
            name = self.value(key, scope)
            if isinstance(name, str | int | float | bool):
                made[name] = found
        return made

    def two(self, left: Any, sign: ast.operator, right: Any, shown: str, line: int) -> Any:  # noqa: ANN401, PLR0911 - any value
        """Join two values by an operator."""
        if isinstance(sign, ast.Div) and isinstance(left, str) and isinstance(right, str):
            return f"{left.rstrip('/')}/{right}" if left else right
        if isinstance(sign, ast.Add):
            if isinstance(left, list) and isinstance(right, Mark):
                return [*left, right]
            if isinstance(right, list) and isinstance(left, Mark):
                return [left, *right]
            if isinstance(left, str) and isinstance(right, str):
                return left + right
            if isinstance(left, list) and isinstance(right, list):
                return [*left, *right]
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        repeated = (
            isinstance(sign, ast.Mult)
            and isinstance(left, str | list)
            and isinstance(right, int)
            and right <= MOST_TURNS
        )
        merged = isinstance(sign, ast.BitOr) and isinstance(left, dict) and isinstance(right, dict)
        filled = (
            isinstance(sign, ast.Mod)
            and isinstance(left, str)
            and not WIDE_PERCENT.search(left)
            and not unsure(left)
            and not unsure(right)
        )
        if (
            type(sign) in TWO
            and not isinstance(left, Mark)
            and (numbers or repeated or merged or filled)
        ):
            try:
                return TWO[type(sign)](
                    left, tuple(right) if filled and isinstance(right, list) else right
                )
            except (TypeError, ValueError, ZeroDivisionError, OverflowError, KeyError):
                pass
        return self.mark(f"`{shown}` is known only when it runs", line)

    def logic(
        self, sign: ast.boolop, parts: Sequence[ast.expr], scope: Scope, node: ast.expr
    ) -> Any:  # noqa: ANN401 - any value
        """Give what `and` and `or` come to."""
        ends = isinstance(sign, ast.Or)
        found: Any = None
        for part in parts:
            found = self.value(part, scope)
            holds = truth(found)
            if holds is None:
                return (
                    self.not_known(node)
                    if not (ends and isinstance(found, Mark) and part is parts[-1])
                    else found
                )
            if holds is ends:
                return found
        return found

    def compare(self, left: Any, sign: ast.cmpop, right: Any, node: ast.expr) -> Any:  # noqa: ANN401 - any value
        """Compare two values."""
        doubtful = unsure(left) or unsure(right)
        if doubtful or type(sign) not in COMPARE:
            return self.not_known(node)
        try:
            return COMPARE[type(sign)](left, right)
        except TypeError:
            return self.not_known(node)

    def subscript(self, node: ast.Subscript, base: Any, index: ast.expr, scope: Scope) -> Any:  # noqa: ANN401 - any value
        """Give an item, or a part."""
        if _is_environment(base):
            return self.environment(self.value(index, scope), None, node)
        if isinstance(index, ast.Slice):
            bounds = [
                None if one is None else self.value(one, scope)
                for one in (index.lower, index.upper, index.step)
            ]
            if (
                isinstance(base, str | list)
                and not unsure(base)
                and all(one is None or isinstance(one, int) for one in bounds)
            ):
                return base[slice(*bounds)]
            return self.not_known(node)
        place = self.value(index, scope)
        if (
            isinstance(base, dict | list | str)
            and not isinstance(base, Mark)
            and not isinstance(place, Mark)
        ):
            try:
                return base[place]
            except (KeyError, IndexError, TypeError):
                pass
        return self.not_known(node)

    def comprehension(
        self,
        element: ast.expr,
        parts: Sequence[ast.comprehension],
        scope: Scope,
        made: list[Any],
    ) -> bool:
        """Follow a comprehension over what is known, into ``made``; tell whether all of it was."""
        if not parts:
            made.append(self.value(element, scope))
            return True
        one, *further = parts
        items = self.value(one.iter, scope)
        if (
            not isinstance(items, list)
            or len(items) > MOST_TURNS
            or any(isinstance(item, Mark) for item in items)
        ):
            return False
        inner = Scope({}, scope)
        for item in items:
            self.assign(one.target, item, inner)
            tests = [truth(self.value(test, inner)) for test in one.ifs]
            if None in tests or (
                all(tests) and not self.comprehension(element, further, inner, made)
            ):
                return False
        return True

    def attribute(self, node: ast.Attribute, scope: Scope) -> Any:  # noqa: ANN401 - any value
        """Give an attribute."""
        base = self.value(node.value, scope)
        return self.member(base, node.attr, node)

    def member(self, base: Any, name: str, node: ast.expr) -> Any:  # noqa: ANN401, PLR0911 - any value
        """Give an attribute of a value."""
        if isinstance(base, Ref):
            return Ref(f"{base.name}.{name}")
        if isinstance(base, Instance):
            if name in base.names:
                return base.names[name]
            found = base.kind.find(name)
            if isinstance(found, Defined):
                return replace(found, owner=base)
            return found if found is not None else self.not_known(node)
        if isinstance(base, Kind):
            found = base.find(name)
            return found if found is not None else self.not_known(node)
        if isinstance(base, str) and not unsure(base) and name in {"parent", "name", "stem"}:
            head, _, tail = base.rpartition("/")
            return {"parent": head, "name": tail, "stem": tail.rpartition(".")[0] or tail}[name]
        return self.not_known(node)

    # Calls

    def call(self, node: ast.Call, scope: Scope) -> Any:  # noqa: ANN401 - any value
        """Give what a call comes to, and keep what it starts."""
        receiver = (
            self.value(node.func.value, scope) if isinstance(node.func, ast.Attribute) else None
        )
        function = (
            self.member(receiver, node.func.attr, node.func)
            if isinstance(node.func, ast.Attribute) and isinstance(receiver, Ref | Instance | Kind)
            else (None if isinstance(node.func, ast.Attribute) else self.value(node.func, scope))
        )
        args = self.items(node.args, scope)
        kwargs: dict[str, Any] = {}
        for one in node.keywords:
            found = self.value(one.value, scope)
            if one.arg is not None:
                kwargs[one.arg] = found
            elif isinstance(found, dict):
                kwargs.update({str(key): each for key, each in found.items()})
        if isinstance(node.func, ast.Attribute) and function is None:
            return self.of_value(receiver, node.func.attr, args, kwargs, node)
        if isinstance(function, Defined):
            return self.enter(function, args, kwargs, node)
        if isinstance(function, Kind):
            return self.instance(function, args, kwargs, node)
        if isinstance(function, Ref):
            return self.foreign(function.name, args, kwargs, node)
        return self.not_known(node)

    def of_value(
        self,
        receiver: Any,  # noqa: ANN401 - any value
        name: str,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.Call,
    ) -> Any:  # noqa: ANN401 - any value
        """Call a method of a value."""
        if isinstance(receiver, Made):
            return Made(name, args, kwargs, receiver, node.lineno)
        if name == "write_text" and isinstance(receiver, str) and args and isinstance(args[0], str):
            self.written[str(receiver)] = args[0]
        if name == "join" and args and isinstance(args[0], list):
            args = [
                [self.not_known(node) if isinstance(one, Ref | Made) else one for one in args[0]]
            ]
        try:
            return method(receiver, name, args, kwargs)
        except NotKnownError:
            if isinstance(receiver, list) and name in {"append", "extend", "insert"}:
                receiver.append(
                    args[-1] if args and isinstance(args[-1], Mark) else self.not_known(node)
                )
            return self.not_known(node)

    def foreign(self, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.Call) -> Any:  # noqa: ANN401, PLR0911 - any value, one case a form
        """Call what the file takes from elsewhere."""
        if name in {"os.environ.get", "os.getenv", "environ.get", "getenv"} and args:
            return self.environment(
                args[0], args[1] if len(args) > 1 else kwargs.get("default"), node
            )
        if name in COPIES or (name == "dict" and args and _is_environment(args[0])):
            return {**self.environ, **kwargs}
        if name in SETS:
            return self.sets(name.rpartition(".")[2], args, kwargs)
        if name in STARTS:
            self.start(name, args, kwargs, node)
            return Made(name, args, kwargs, line=node.lineno)
        last = name.rpartition(".")[2]
        engine = ENGINES.get(last) or ENGINES.get(name.replace("sgl.", "sglang."))
        if engine:
            self.engine(engine, args, kwargs, node)
            return Made(name, args, kwargs, line=node.lineno)
        if last == "snapshot_download":
            self.downloads.append(Made(name, args, kwargs, line=node.lineno))
        try:
            return pure(name, args, kwargs)
        except NotKnownError:
            if name in PURE:
                return self.not_known(node)
            return Made(name, args, kwargs, line=node.lineno)

    @property
    def environ(self) -> dict[str, Any]:
        """The variables that the file sets for itself, and so for what it starts."""
        found: dict[str, Any] = self.module.names[ENVIRON]
        return found

    def sets(self, how: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Set variables as `os.environ.update` and the like do."""
        if how == "update":
            given = args[0] if args and isinstance(args[0], dict) else {}
            self.environ.update({str(name): one for name, one in {**given, **kwargs}.items()})
        elif len(args) == 2:  # noqa: PLR2004 - a name and a value
            name, value = str(args[0]), args[1]
            if how == "putenv" or name not in {**self.known, **self.environ}:
                self.environ[name] = value

    def environment(self, name: Any, default: Any, node: ast.expr) -> Any:  # noqa: ANN401 - any value
        """Give a variable of where the file runs: as the author says, else its default."""
        if isinstance(name, str) and name in self.environ:
            return self.environ[name]
        if isinstance(name, str) and name in self.known:
            return self.known[name]
        secret = isinstance(name, str) and may_name_secret(name)
        if default is not None and not secret:
            return default
        made = Mark(
            self.unknowns.mark(
                *self.told(f"`{_shown(node)}` is known only where it runs", node.lineno)
            )
        )
        if isinstance(name, str):
            self.keys[len(self.unknowns.notes) - 1] = name
        return made

    def enter(
        self,
        function: Defined,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.AST | None = None,
    ) -> Any:  # noqa: ANN401 - any value
        """Follow a function of the file where it is called."""
        self.called.add(id(function.node))
        outer, self.file = self.file, function.scope.of
        try:
            return self.followed(function, args, kwargs, node)
        finally:
            self.file = outer

    def followed(
        self,
        function: Defined,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.AST | None,
    ) -> Any:  # noqa: ANN401 - any value
        """Follow the body of a function."""
        if self.depth >= DEEPEST:
            return self.mark("a function calls itself", getattr(node, "lineno", 0))
        inner = Scope({}, function.scope)
        self.bind(function, args, kwargs, inner)
        self.depth += 1
        try:
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body, inner)
            self.block(function.node.body, inner)
        except ReturnError as error:
            return error.value
        except LeaveError:
            return None
        finally:
            self.depth -= 1
        return None

    def bind(
        self, function: Defined, args: list[Any], kwargs: dict[str, Any], scope: Scope
    ) -> None:
        """Give a function's parameters their values; one that nobody gives is not known."""
        spec = function.node.args
        names = [*spec.posonlyargs, *spec.args]
        given = [function.owner, *args] if function.owner is not None else list(args)
        defaults = dict(
            zip(
                [one.arg for one in names[len(names) - len(spec.defaults) :]],
                spec.defaults,
                strict=True,
            )
        )
        defaults |= {
            one.arg: value
            for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
            if value is not None
        }
        for place, one in enumerate([*names, *spec.kwonlyargs]):
            if place < len(given) and place < len(names):
                scope.names[one.arg] = given[place]
            elif one.arg in kwargs:
                scope.names[one.arg] = kwargs[one.arg]
            elif one.arg in defaults:
                scope.names[one.arg] = self.value(defaults[one.arg], function.scope)
            else:
                scope.names[one.arg] = self.mark(
                    f"`{one.arg}` is given by whoever calls it", one.lineno
                )
        if spec.vararg is not None:
            scope.names[spec.vararg.arg] = list(given[len(names) :])
        if spec.kwarg is not None:
            named = {one.arg for one in [*names, *spec.kwonlyargs]}
            scope.names[spec.kwarg.arg] = {
                key: value for key, value in kwargs.items() if key not in named
            }

    def instance(
        self, kind: Kind, args: list[Any], kwargs: dict[str, Any], node: ast.AST | None = None
    ) -> Instance:
        """Make an object of a class of the file."""
        made = Instance(kind)
        start = kind.find("__init__")
        if isinstance(start, Defined):
            self.enter(replace(start, owner=made), args, kwargs, node)
        else:
            made.names.update(kwargs)
        return made

    def start(self, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.Call) -> None:
        """Keep a program that is started."""
        first = kwargs.get("args", args[0] if args else None)
        if name in {"os.execvp", "os.execv", "os.execvpe"}:
            first = args[1] if len(args) > 1 else None
        elif name == "asyncio.create_subprocess_exec":
            first = args
        own = kwargs.get("env")
        seen = {**self.environ, **(own if isinstance(own, dict) else {})}
        variables = tuple(
            (str(key), str(value))
            for key, value in seen.items()
            if isinstance(value, str | int | float)
        )
        if isinstance(first, list) and first:
            words = tuple(
                _word(one)
                if not isinstance(one, Ref | Made | Instance | Kind | Defined)
                else self.not_known(node)
                for one in first
            )
            self.keep(Started(words, "", node.lineno, variables, self.maybe > 0))
        elif isinstance(first, str):
            self.keep(Started((), first, node.lineno, variables, self.maybe > 0))

    def engine(self, engine: str, args: list[Any], kwargs: dict[str, Any], node: ast.Call) -> None:
        """Keep an engine that is started within Python, by the flags that its arguments are."""
        if args and "model" not in kwargs and engine == "vllm":
            kwargs = {"model": args[0], **kwargs}
        words: list[str] = []
        for name, value in kwargs.items():
            flag = f"--{name.replace('_', '-')}"
            if value is True:
                words.append(flag)
            elif isinstance(value, str | int | float) and value is not False:
                words += [flag, str(value)]
            elif (
                isinstance(value, list)
                and value
                and all(isinstance(one, str | int) for one in value)
            ):
                words += [flag, *map(str, value)]
            elif value is not None and value is not False:
                words += [flag, self.not_known(node)]
        begins = (
            ("vllm", "serve") if engine == "vllm" else ("python3", "-m", "sglang.launch_server")
        )
        self.keep(Started((*begins, *words), "", node.lineno, (), self.maybe > 0, engine))

    def keep(self, started: Started) -> None:
        """Keep what is started."""
        self.started.append(started)

    # What is not known

    def mark(self, text: str, line: int, choices: Sequence[Choice] = ()) -> Mark:
        """Write down what is not known, and give the mark for it."""
        return Mark(self.unknowns.mark(*self.told(text, line), choices))

    def told(self, text: str, line: int) -> tuple[str, int]:
        """Give a note's text and line; of a line of another file the text says which."""
        return (f"{text} in {self.file}, line {line}", 0) if self.file else (text, line)

    def not_known(self, node: ast.AST) -> Mark:
        """Mark an expression."""
        return self.mark(f"`{_shown(node)}` is known only when it runs", getattr(node, "lineno", 0))

    def snapshot(self, scope: Scope) -> list[dict[str, Any]]:
        """Copy the names that a branch may change."""
        seen: dict[int, Any] = {}
        found, one = [], scope
        while True:
            found.append(copied(one.names, seen))
            if one.outer is None:
                return found
            one = one.outer

    def restore(self, scope: Scope, state: list[dict[str, Any]]) -> None:
        """Put copied names back, in the place of those that there are."""
        seen: dict[int, Any] = {}
        one: Scope | None = scope
        for names in state:
            if one is not None:
                one.names.clear()
                one.names.update(copied(names, seen))
                one = one.outer

    def join(
        self, states: list[list[dict[str, Any]]], shown: str, line: int, *, again: bool = False
    ) -> list[dict[str, Any]]:
        """Give the names after one of several ways; what differs is marked."""
        joined = []
        for level in zip(*states, strict=True):
            names = dict.fromkeys(name for each in level for name in each)
            joined.append(
                {
                    name: self.either(
                        [each.get(name) for each in level], shown, line, name, again=again
                    )
                    for name in names
                }
            )
        return joined

    def either(
        self, values: list[Any], shown: str, line: int, name: str = "", *, again: bool = False
    ) -> Any:  # noqa: ANN401 - any value
        """Give what several values have in common."""
        first = values[0]
        if all(_same(first, other) for other in values[1:]):
            return first
        if (
            all(isinstance(value, Instance) for value in values)
            and len({id(value.kind) for value in values}) == 1
        ):
            names = dict.fromkeys(key for value in values for key in value.names)
            return Instance(
                first.kind,
                {
                    key: self.either(
                        [value.names.get(key) for value in values], shown, line, key, again=again
                    )
                    for key in names
                },
            )
        if all(isinstance(value, dict) for value in values):
            keys = dict.fromkeys(key for value in values for key in value)
            return {
                key: self.either(
                    [value.get(key) for value in values], shown, line, str(key), again=again
                )
                for key in keys
            }
        if all(isinstance(value, list) for value in values):
            return self.either_list(values, shown, line, name, again=again)
        if all(isinstance(value, str) for value in values) and not again:
            common = 0
            words = [value.split(" ") for value in values]
            while common < min(map(len, words)) and len({each[common] for each in words}) == 1:
                common += 1
            if 0 < common < max(map(len, words)) and min(map(len, words)) == common:
                rests = [tuple(each[common:]) for each in words]
                return " ".join(
                    [*words[0][:common], self.mark(_depends(name, shown, rests), line, rests)]
                )
        plain = (
            all(isinstance(value, str | int | float) or value is None for value in values)
            and not again
        )
        choices = [(str(value),) if value is not None else () for value in values] if plain else []
        return self.mark(_depends(name, shown, choices), line, list(dict.fromkeys(choices)))

    def either_list(
        self, values: list[list[Any]], shown: str, line: int, name: str, *, again: bool
    ) -> list[Any]:
        """Give what several lists begin with."""
        common = 0
        while common < min(map(len, values)) and all(
            _same(values[0][common], each[common]) for each in values
        ):
            common += 1
        rests = [each[common:] for each in values]
        plain = (
            all(isinstance(one, str | int | float) for rest in rests for one in rest) and not again
        )
        choices = list(dict.fromkeys(tuple(map(str, rest)) for rest in rests)) if plain else []
        among = [one for rest in rests for one in rest if isinstance(one, str)]
        text = _depends(name, shown, choices)
        return [
            *values[0][:common],
            Mark(self.unknowns.mark(*self.told(text, line), choices, among)),
        ]


def _depends(name: str, shown: str, choices: Sequence[Choice]) -> str:
    flags = dict.fromkeys(
        word for choice in choices for word in choice if re.fullmatch(r"--[a-z-]+", word)
    )
    told = f" (`{'`, `'.join(flags)}`)" if flags else ""
    return f"{f'`{name}`' if name else 'it'}{told} depends on `{shown}`"


def _same(left: Any, right: Any) -> bool:  # noqa: ANN401 - any value
    if isinstance(left, list | dict) and type(left) is type(right):
        if isinstance(left, dict):
            return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, Defined) and isinstance(right, Defined):
        return left.node is right.node
    if isinstance(left, Instance) and isinstance(right, Instance):
        return left.kind is right.kind and _same(left.names, right.names)
    return left is right or (
        type(left) is type(right)
        and isinstance(left, str | int | float | bool | Ref)
        and left == right
    )


def _is_environment(value: Any) -> bool:  # noqa: ANN401 - any value
    return isinstance(value, Ref) and value.name.endswith("environ")


def _word(value: Any) -> str:  # noqa: ANN401 - any value
    return value if isinstance(value, str) else str(value)


def _shown(node: ast.AST) -> str:
    """Give an expression as a note shows it; texts in it are left out, for one may be a secret."""
    try:
        plain = ast.unparse(node)
    except (ValueError, RecursionError, AttributeError):
        return "…"
    plain = re.sub(
        r"(['\"])(?:(?!\1).)*\1",
        lambda found: found[0] if re.fullmatch(r".[A-Za-z_]{0,24}.", found[0]) else "'…'",
        UNKNOWN.sub("…", plain),
    )
    plain = " ".join(plain.split())
    return plain if len(plain) <= LONGEST_SHOWN else f"{plain[: LONGEST_SHOWN - 1]}…"
