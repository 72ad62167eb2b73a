"""Registrations as argparse completes them: the entries of a catalogue.

What argparse's own actions add is written down in `ACTIONS`; what SGLang's actions add is read from
the parameters of their ``__init__``.
"""

from __future__ import annotations

import ast
import re

from deployer.catalogue.evaluate import Evaluator
from deployer.catalogue.fields import Registration
from deployer.catalogue.names import Scope
from deployer.catalogue.source import bindings_of
from deployer.catalogue.values import (
    SUPPRESS,
    CannotEvaluateError,
    Computed,
    Symbol,
    Value,
    name_of,
    to_json,
)
from deployer.late import compile_pattern

ACTIONS: dict[str, dict[str, Value]] = {
    "store": {},
    "store_true": {"nargs": 0, "const": True, "default": False},
    "store_false": {"nargs": 0, "const": False, "default": True},
    "append": {},
    "BooleanOptionalAction": {"nargs": 0},
}
"""Python 3.11 `argparse.py`: what each action hands to its base class."""
STANDARD = ("nargs", "const", "default", "type", "choices", "required", "help", "metavar")

DEPRECATED = compile_pattern(
    r"^\W*(?:deprecated|removed)\b|^note: .{0,60} is deprecated\b", re.IGNORECASE
)
"""How SGLang's help texts open where the option itself is deprecated."""
REPLACEMENT = compile_pattern(
    r"(?:\buse|\balias (?:for|of)|\breplaced by|\bin favou?r of|\bprefer)\s+"
    r"[`'\"]?(--[a-z][^\s,;`'\"()]*(?:\s+<[^>]+>)?)",
    re.IGNORECASE,
)


def option(evaluator: Evaluator, registration: Registration) -> dict[str, Value]:
    """Give the entry of one registration; raises CannotEvaluateError where a part is unknown."""
    kwargs = registration.kwargs
    action, given = _action(evaluator, kwargs)
    given |= {name: kwargs[name] for name in STANDARD if name in kwargs}
    strings = list(registration.names)
    if action == "BooleanOptionalAction":
        strings = [it for name in strings for it in (name, f"--no-{name.removeprefix('--')}")]
    text = "" if given.get("help") == SUPPRESS else " ".join((given.get("help") or "").split())
    default, origin = _default(given.get("default"))
    kind = given.get("type")
    choices = given.get("choices")
    entry = {
        "strings": strings,
        "dest": kwargs.get("dest") or _dest(registration.names),
        "type": "" if kind is None else name_of(kind),
        "action": action,
        "nargs": to_json(given.get("nargs")),
        "const": to_json(given.get("const")),
        "choices": None if choices is None else to_json(evaluator.iterate(_sorted(choices))),
        "default": default,
        "default_from": origin,
        "required": bool(given.get("required", False)),
        "help": text,
        "stores": to_json(kwargs.get("const_value")),
        "category": registration.namespace,
    }
    return entry | _deprecation(action, kwargs, text)


def _action(evaluator: Evaluator, kwargs: dict[str, Value]) -> tuple[str, dict[str, Value]]:
    action = kwargs.get("action", "store")
    if isinstance(action, Symbol):
        return action.name, _parameters(evaluator, action)
    name = name_of(action)
    if name not in ACTIONS:
        msg = f"what the action {name} adds is not written down in deployer/catalogue/options.py"
        raise CannotEvaluateError(msg)
    return name, dict(ACTIONS[name])


def _parameters(evaluator: Evaluator, action: Symbol) -> dict[str, Value]:
    """The defaults of an action class's own ``__init__``, where it has one."""
    init = bindings_of(action.node.body).get("__init__")
    if not isinstance(init, ast.FunctionDef):
        return {}
    names = [it.arg for it in init.args.args][len(init.args.args) - len(init.args.defaults) :]
    values = (evaluator.evaluate(it, Scope(action.module)) for it in init.args.defaults)
    return {name: it for name, it in zip(names, values, strict=True) if name in STANDARD}


def _default(value: Value) -> tuple[Value, str]:
    if value == SUPPRESS:
        return None, "suppressed"
    if isinstance(value, Computed):
        return None, f"computed: {value.text}"
    return to_json(value), ""


def _dest(names: tuple[str, ...]) -> str:
    long = [name for name in names if name.startswith("--")]
    return (long or list(names))[0].lstrip("-").replace("-", "_")


def _sorted(choices: Value) -> Value:
    """A set has no order of its own: the catalogue writes it sorted."""
    return sorted(choices) if isinstance(choices, set | frozenset) else choices


def _deprecation(action: str, kwargs: dict[str, Value], text: str) -> dict[str, Value]:
    error = kwargs.get("error_message") or ""
    deprecated = action.startswith("Deprecated") or bool(DEPRECATED.match(text))
    said = kwargs.get("new_flag") or ""
    if deprecated and not said:
        match = REPLACEMENT.search(error) or REPLACEMENT.search(text)
        said = match[1].rstrip(".") if match else ""
    return {"deprecated": deprecated, "replaced_by": said, "error": error}
