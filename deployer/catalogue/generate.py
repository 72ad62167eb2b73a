"""One wheel becomes one catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deployer.catalogue.execute import Interpreter
from deployer.catalogue.options import option
from deployer.catalogue.source import Library
from deployer.catalogue.values import CannotEvaluateError
from deployer.catalogue.variables import variables
from deployer.catalogue.wheel import Wheel
from deployer.late import compile_pattern

FORMAT_VERSION = 1
CHOICES = ("sglang.srt.server_args", "sglang.srt.arg_groups.choices")
"""Where the releases list their choices."""
DEPRECATED = compile_pattern(r'"([\w-]+)", *# *Deprecated alias for "([\w-]+)"')


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
        "options": options(interpreter, _choice_aliases(library)),
        "variables": declared,
        "variable_aliases": renamed,
    }


def _choice_aliases(library: Library) -> dict[str, str]:
    """Give the deprecated choices with the new ones, as comments beside the choices say."""
    modules = (library.module(name) for name in CHOICES)
    return {
        old: new for module in modules if module for old, new in DEPRECATED.findall(module.text)
    }


def options(interpreter: Interpreter, aliases: dict[str, str]) -> list[dict[str, Any]]:
    """Give the entry of every option; ``aliases`` are deprecated choices with the new ones."""
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for registration in interpreter.registrations():
        entry = option(interpreter, registration)
        entry["category"] = entry["category"] or interpreter.namespace(entry["dest"])
        choices = entry["choices"] or ()
        entry["choice_aliases"] = {
            old: new for old, new in aliases.items() if old in choices and new in choices
        }
        if twice := taken & set(entry["strings"]):
            msg = f"{min(twice)} is registered twice: argparse would refuse it"
            raise CannotEvaluateError(msg)
        taken |= set(entry["strings"])
        found.append(entry)
    return found
