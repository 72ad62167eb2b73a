"""What every script takes that follows a plan: the plan, where to write, the engine's Python."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

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


@dataclass(frozen=True, slots=True)
class Form:
    """What a plan may hold, each as words with spaces between.

    ``holds`` is its list of things, or, as ``stages``, of lists of them; each has all of ``needs``
    and perhaps some of ``may``. ``beside`` must stand in the plan beside that list, and ``more``
    may: a name that nobody reads would change what is measured without a word.
    """

    holds: str
    needs: str
    may: str = ""
    beside: str = ""
    more: str = ""

    def things(self, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Give the things of a plan, in order."""
        listed = plan[self.holds]
        return [*chain(*listed)] if self.holds in {"stages", "steps"} else list(listed)

    def fault(self, plan: Any) -> str:
        """Say what a plan lacks, or holds that no plan does; '' of a right one."""
        if not isinstance(plan, dict):
            return "it is no JSON object"
        known = f"{self.holds} {self.beside}"
        if said := _keys("it", plan, known, f"about {self.more}"):
            return said
        try:
            listed = self.things(plan)
        except TypeError:
            listed = []
        if not listed or not all(isinstance(one, dict) for one in listed):
            return f"`{self.holds}` holds nothing to do"
        named = (
            _keys(f"number {number} of `{self.holds}`", one, self.needs, self.may)
            for number, one in enumerate(listed, 1)
        )
        return next(filter(None, named), "")


def begin(options: argparse.Namespace, form: Form) -> tuple[dict[str, Any], Chosen]:
    """Read the plan, make the folder, and give with it what tells whether a thing is chosen.

    Ends the script with 2 where the plan is not there, is none, or lacks what ``--only`` names.
    """
    plan = read_plan(options.plan, form)
    only = set(filter(None, options.only.split(",")))
    names = [thing["name"] for thing in form.things(plan)]
    if unknown := sorted(only - set(names)):
        refuse(f"--only: {options.plan} has no {', '.join(unknown)}; it has {', '.join(names)}")
    options.out.mkdir(parents=True, exist_ok=True)
    return plan, lambda thing: not only or thing["name"] in only


def read_plan(path: Path, form: Form) -> dict[str, Any]:
    """Read a plan of a form; ends the script with 2 where there is none."""
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        refuse(f"{path} cannot be read: {error}")
    if fault := form.fault(plan):
        refuse(f"{path} is no plan for this script: {fault}")
    return dict(plan)


def refuse(why: str) -> NoReturn:
    """End the script with 2, and say why."""
    sys.stderr.write(f"error: {why}\n")
    raise SystemExit(2)


def _keys(what: str, held: Iterable[str], needs: str, may: str) -> str:
    needed, known = needs.split(), {*needs.split(), *may.split()}
    if missing := [name for name in needed if name not in held]:
        return f"{what} has no `{missing[0]}`"
    if extra := [name for name in held if name not in known]:
        return f"{what} has `{extra[0]}`, which nothing reads; known are {', '.join(sorted(known))}"
    return ""
