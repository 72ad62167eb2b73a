"""Reads ``ServerArgs.add_cli_args`` statement by statement and notes every ``add_argument``."""

from __future__ import annotations

import ast

from deployer.catalogue.evaluate import Evaluator
from deployer.catalogue.fields import MISSING, Registration, collect, default_of, derive
from deployer.catalogue.names import Scope
from deployer.catalogue.source import Library, Module, bindings_of
from deployer.catalogue.values import (
    SUPPRESS,
    CannotEvaluateError,
    Computed,
    Symbol,
    Value,
    known,
    to_json,
)

SERVER_ARGS = "sglang.srt.server_args"


class Recorder:
    """Stands where argparse's parser stands."""

    def __init__(self) -> None:
        self.registrations: list[Registration] = []


class Interpreter(Evaluator):
    """An evaluator that also reads functions of the wheel: straight lines, ifs and returns."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        module = library.module(SERVER_ARGS)
        if module is None:
            msg = f"the wheel has no {SERVER_ARGS}"
            raise CannotEvaluateError(msg)
        self._server_args: Module = module
        self._fields = collect(self, module)

    def registrations(self) -> list[Registration]:
        """Give every option in the order of the real parser."""
        record = self._server_args.definition("ServerArgs")
        function = bindings_of(record.body if record else ()).get("add_cli_args")
        if not isinstance(function, ast.FunctionDef):
            msg = f"{SERVER_ARGS} has no ServerArgs.add_cli_args"
            raise CannotEvaluateError(msg)
        recorder = Recorder()
        self.call_function(Symbol(self._server_args, function), [recorder], {})
        return recorder.registrations

    def namespace(self, dest: str) -> str:
        """Give the namespace that the release itself files a field under, or nothing."""
        if dest not in self._fields:
            return ""
        field = self._fields[dest]
        if field.namespace or not isinstance(field.annotation, ast.Subscript):
            return field.namespace
        for node in ast.walk(field.annotation.slice):
            match node:
                case ast.Call(func=ast.Name(id="NS"), args=[ast.Constant(value=str(path))]):
                    return path
        return ""

    def call_function(self, function: Symbol, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """Read a function with these arguments; gives what it returns."""
        if function.name == "_declared_default":
            return self._default(str(args[0]))
        node = function.node
        assert isinstance(node, ast.FunctionDef)  # noqa: S101  # calls of classes end elsewhere
        names = [it.arg for it in node.args.args]
        scope = Scope(function.module, dict(zip(names, args, strict=False)) | kwargs)
        return self._run(node.body, scope)

    def _default(self, name: str) -> Value:
        default = default_of(self, self._fields[name])
        if default is MISSING or isinstance(default, Computed):
            msg = f"the field {name} has no default that is stated"
            raise CannotEvaluateError(msg)
        return default

    def _run(self, body: list[ast.stmt], scope: Scope) -> Value:
        for node in body:
            match node:
                case ast.Return(value=value):
                    return None if value is None else self.evaluate(value, scope)
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    continue
                case ast.Expr(value=ast.Call() as call):
                    self._statement(call, scope)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    scope.names[name] = self.evaluate(value, scope)
                case ast.If(test=test, body=then, orelse=other):
                    known_test = known(self.evaluate(test, scope))
                    found = self._run(then if known_test else other, scope)
                    if found is not None:
                        return found
                case ast.Import() | ast.ImportFrom():
                    for name, binding in bindings_of([node]).items():
                        scope.names[name] = self.names.bound(name, binding, Scope(scope.module))
                case _:
                    msg = f"cannot read {ast.unparse(node)[:120]} in {scope.module.name}"
                    raise CannotEvaluateError(msg)
        return None

    def _statement(self, call: ast.Call, scope: Scope) -> None:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr="add_argument") if isinstance(
                recorder := scope.names.get(name), Recorder
            ):
                recorder.registrations.append(self._registration(call, scope))
            case ast.Name(id="add_cli_args_from_dataclass"):
                recorder = self.evaluate(call.args[0], scope)
                recorder.registrations.extend(derive(self, self._fields))
            case _:
                self.evaluate(call, scope)

    def _registration(self, call: ast.Call, scope: Scope) -> Registration:
        names = tuple(self.evaluate(it, scope) for it in call.args)
        kwargs: dict[str, Value] = {}
        for keyword in call.keywords:
            read = self._stated if keyword.arg == "default" else self.evaluate
            value = read(keyword.value, scope)
            kwargs |= value if keyword.arg is None else {keyword.arg: value}
        return Registration(names, kwargs)

    def _stated(self, node: ast.expr, scope: Scope) -> Value:
        """A default, or the expression where only the running engine knows it."""
        try:
            value = self.evaluate(node, scope)
            return value if value == SUPPRESS else to_json(value)
        except CannotEvaluateError:
            return Computed(ast.unparse(node))
