"""What every script takes that follows a plan: the plan, where to write, the engine's Python."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Chosen = Callable[[Mapping[str, Any]], bool]


def parser(about: str, things: str) -> argparse.ArgumentParser:
    """Give a parser for a plan of ``things`` that can be chosen by their names."""
    made = argparse.ArgumentParser(description=about)
    made.add_argument("plan", type=Path)
    made.add_argument("out", type=Path)
    made.add_argument("--python", default=sys.executable, help="the engine environment's own")
    made.add_argument("--only", default="", help=f"names of {things}, with commas between them")
    made.add_argument("--suffix", default="", help="the end of the result's name")
    return made


def begin(
    options: argparse.Namespace,
) -> tuple[dict[str, Any], Callable[[Mapping[str, Any]], bool]]:
    """Read the plan, make the folder, and give with it what tells whether a thing is chosen."""
    plan: dict[str, Any] = json.loads(options.plan.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    only = set(options.only.split(",")) if options.only else None
    return plan, lambda thing: only is None or thing["name"] in only
