"""Runs the `run` steps of a composite action as GitHub's runner does, without a container.

It knows the part of the expression language that `action.yml` uses: paths into contexts, literals,
``||``, ``&&``, ``==`` and ``!=``. Steps that use another action, and those that are told to be left
out, are not run.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
SHELL = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
"""How the runner starts `shell: bash` (docs.github.com, workflow syntax, `defaults.run.shell`)."""


@dataclass
class Run:
    """What one run of the action came to."""

    code: int
    log: str
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    summary: str = ""
    ran: list[str] = field(default_factory=list)


def run_action(
    repository: Path,
    *,
    environment: dict[str, str],
    event: dict[str, Any],
    inputs: dict[str, str],
    leave_out: set[str],
    event_name: str = "pull_request",
) -> Run:
    """Run the action's steps in ``repository``; it ends at the first that fails."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    defaults = {name: str(given.get("default", "")) for name, given in action["inputs"].items()}
    contexts: dict[str, Any] = {
        "inputs": {**defaults, **inputs},
        "github": {"event": event, "event_name": event_name},
    }
    outcome = Run(code=0, log="")
    summary = Path(environment["GITHUB_STEP_SUMMARY"])
    for step in action["runs"]["steps"]:
        contexts["steps"] = {
            name: {"outputs": outputs} for name, outputs in outcome.outputs.items()
        }
        if "run" not in step or step["id"] in leave_out:
            continue
        if "if" in step and not truth(evaluate(step["if"], contexts)):
            continue
        outcome.ran.append(step["id"])
        _run_step(step, repository, environment, contexts, outcome)
        if outcome.code:
            break
    outcome.summary = summary.read_text(encoding="utf-8") if summary.exists() else ""
    return outcome


def _run_step(
    step: dict[str, Any],
    repository: Path,
    environment: dict[str, str],
    contexts: dict[str, Any],
    outcome: Run,
) -> None:
    out = Path(environment["RUNNER_TEMP"]) / f"output-{step['id']}"
    out.write_text("", encoding="utf-8")
    stated = {name: filled(str(v), contexts) for name, v in step.get("env", {}).items()}
    assert not EXPRESSION.search(step["run"]), "a script must take values from its environment"
    ran = subprocess.run(
        [*SHELL, "-c", step["run"]],
        cwd=repository,
        env={**environment, **stated, "GITHUB_OUTPUT": str(out)},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    outcome.log += ran.stdout + ran.stderr
    outcome.code = ran.returncode
    lines = out.read_text(encoding="utf-8").splitlines()
    outcome.outputs[step["id"]] = {
        name: value for name, _, value in (line.partition("=") for line in lines)
    }


def filled(text: str, contexts: dict[str, Any]) -> str:
    """Put the values of expressions into a text."""
    return EXPRESSION.sub(lambda found: _text(evaluate(found[1], contexts)), text)


def evaluate(expression: str, contexts: dict[str, Any]) -> Any:
    """Give an expression's value; the operators bind as GitHub's do."""
    for operator in ("||", "&&"):
        if operator in expression:
            left, _, right = expression.partition(operator)
            first = evaluate(left.strip(), contexts)
            other = (operator == "&&") == truth(first)
            return evaluate(right.strip(), contexts) if other else first
    for operator in ("==", "!="):
        if operator in expression:
            left, _, right = expression.partition(operator)
            same = evaluate(left.strip(), contexts) == evaluate(right.strip(), contexts)
            return same == (operator == "==")
    if expression.startswith("'"):
        return expression[1:-1]
    value: Any = contexts
    for part in expression.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return value


def truth(value: object) -> bool:
    return bool(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
