"""Runs the `run` steps of a composite action as GitHub's runner does, without a container.

It knows the part of the expression language that the actions use: paths into contexts, literals,
``||``, ``&&``, ``==`` and ``!=``. What a step writes to GITHUB_ENV and GITHUB_PATH reaches the
steps after it, those of the next action of the job too. Steps that use another action are not run,
and those whose outputs are given neither.
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

FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")
"""The files that each step gets of its own, and that are read after it."""


@dataclass
class Job:
    """The surroundings of a job: its checkout, and what its steps hand on to each other."""

    workspace: Path
    environment: dict[str, str]
    event: dict[str, Any]
    event_name: str = "pull_request"


@dataclass
class Run:
    """What one run of an action came to; ``outputs`` are those of its steps."""

    code: int
    log: str
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    ran: list[str] = field(default_factory=list)


def run_action(
    name: str, job: Job, inputs: dict[str, str], outputs: dict[str, dict[str, str]]
) -> Run:
    """Run an action's steps; it ends at the first that fails. Those in ``outputs`` are left out."""
    action = read(name)
    defaults = {key: str(given.get("default", "")) for key, given in action["inputs"].items()}
    outcome = Run(code=0, log="", outputs=dict(outputs))
    summary = Path(job.environment["GITHUB_STEP_SUMMARY"])
    for step in action["runs"]["steps"]:
        contexts = _contexts(job, {**defaults, **inputs}, outcome)
        if "run" not in step or step["id"] in outputs:
            continue
        if "if" in step and not truth(evaluate(step["if"], contexts)):
            continue
        outcome.ran.append(step["id"])
        _run_step(name, step, job, contexts, outcome)
        if outcome.code:
            break
    contexts = _contexts(job, {**defaults, **inputs}, outcome)
    stated = action.get("outputs", {})
    outcome.given = {key: filled(given["value"], contexts) for key, given in stated.items()}
    outcome.summary = summary.read_text(encoding="utf-8") if summary.exists() else ""
    return outcome


def read(name: str) -> dict[str, Any]:
    """Read an action; '' is the one at the root."""
    found: dict[str, Any] = yaml.safe_load((ROOT / name / "action.yml").read_text(encoding="utf-8"))
    return found


def _contexts(job: Job, inputs: dict[str, str], outcome: Run) -> dict[str, Any]:
    return {
        "inputs": inputs,
        "github": {"event": job.event, "event_name": job.event_name},
        "runner": {"temp": job.environment["RUNNER_TEMP"]},
        "steps": {key: {"outputs": outputs} for key, outputs in outcome.outputs.items()},
    }


def _run_step(
    name: str, step: dict[str, Any], job: Job, contexts: dict[str, Any], outcome: Run
) -> None:
    temporary = Path(job.environment["RUNNER_TEMP"])
    files = {file: temporary / f"{file}-{name}-{step['id']}" for file in FILES}
    for file in files.values():
        file.write_text("", encoding="utf-8")
    stated = {key: filled(str(value), contexts) for key, value in step.get("env", {}).items()}
    assert not EXPRESSION.search(step["run"]), "a script must take values from its environment"
    ran = subprocess.run(
        [*SHELL, "-c", step["run"]],
        cwd=filled(step.get("working-directory", str(job.workspace)), contexts),
        env={
            **job.environment,
            "GITHUB_EVENT_NAME": job.event_name,
            "GITHUB_WORKSPACE": str(job.workspace),
            "GITHUB_ACTION_PATH": str(ROOT / name),
            **stated,
            **{file: str(path) for file, path in files.items()},
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    outcome.log += ran.stdout + ran.stderr
    outcome.code = ran.returncode
    texts = {file: path.read_text(encoding="utf-8") for file, path in files.items()}
    outcome.outputs[step["id"]] = _pairs(texts["GITHUB_OUTPUT"])
    job.environment |= _pairs(texts["GITHUB_ENV"])
    added = texts["GITHUB_PATH"].split()
    job.environment["PATH"] = ":".join([*reversed(added), job.environment["PATH"]])


def _pairs(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


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
