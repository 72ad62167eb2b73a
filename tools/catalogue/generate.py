"""One wheel becomes one catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.catalogue.execute import Interpreter
from tools.catalogue.options import option
from tools.catalogue.source import Library
from tools.catalogue.values import CannotEvaluateError
from tools.catalogue.variables import variables
from tools.catalogue.wheel import Wheel

FORMAT_VERSION = 1


def generate(path: Path) -> dict[str, Any]:
    """Read a wheel; raises CannotEvaluateError where its sources are laid out in a new way."""
    wheel = Wheel(path)
    library = Library(wheel)
    interpreter = Interpreter(library)
    declared, renamed = variables(library)
    return {
        "format_version": FORMAT_VERSION,
        "engine": "sglang",
        **wheel.facts(),
        "options": _options(interpreter),
        "variables": declared,
        "variable_aliases": renamed,
    }


def _options(interpreter: Interpreter) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for registration in interpreter.registrations():
        entry = option(interpreter, registration)
        entry["category"] = entry["category"] or interpreter.namespace(entry["dest"])
        if twice := taken & set(entry["strings"]):
            msg = f"{min(twice)} is registered twice: argparse would refuse it"
            raise CannotEvaluateError(msg)
        taken |= set(entry["strings"])
        found.append(entry)
    return found
