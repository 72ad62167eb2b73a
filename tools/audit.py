"""``python -m tools.audit``: ask for the known vulnerabilities of every package that is locked.

0: every package was looked up, and nothing is known of it. 1: something is known. 2: not every
package could be looked up. "Not looked at" is never taken for "nothing found".
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCKS = (*sorted(Path("locks").glob("*.txt")), *sorted(Path("deployer/engine/locks").glob("*.txt")))
PIN = re.compile(r"^[A-Za-z0-9][\w.-]*==[^\s;\\]+", re.MULTILINE)

Runner = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of the packages of one lock: faults as lines, and the pins nobody spoke of."""

    faults: tuple[str, ...]
    unasked: tuple[str, ...]
    reason: str = ""


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run pip-audit, and take what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main(locks: Sequence[Path] = LOCKS, runner: Runner = run) -> int:
    """Audit the locks, say what was found and what was not looked at, and give the exit code."""
    code = 0
    for lock in locks:
        pins = list(dict.fromkeys(PIN.findall(lock.read_text(encoding="utf-8"))))
        answer = _together([audit(some, runner) for some in _rounds(pins)])
        for line in answer.faults:
            print(f"{lock}: {line}")
        looked = len(pins) - len(answer.unasked)
        if answer.unasked or not pins:
            print(f"{lock}: NOT LOOKED AT: {len(answer.unasked)} of {len(pins)} packages", end="")
            print(f" ({answer.reason or 'not in the answer'}): {_some(answer.unasked)}")
            code = 2
        elif answer.faults:
            code = code or 1
        if looked and not answer.faults:
            print(f"{lock}: nothing is known of the {looked} packages that were looked up")
    return code


def audit(pins: Sequence[str], runner: Runner = run) -> Answer:
    """Ask for one set of pins; all of them count as unasked where the answer cannot be read."""
    # Advisories know releases, and nothing of who has built them (`+cpu`).
    asked = [pin.split("+")[0] for pin in pins]
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "pins.txt")
        listed.write_text("\n".join(asked), encoding="utf-8")
        command = [sys.executable, "-I", "-m", "pip_audit", "--format", "json"]
        command += ["--progress-spinner", "off", "--disable-pip", "--no-deps", "-r", str(listed)]
        done = runner(command)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        return Answer((), tuple(pins), f"no advisories: {''.join(last) or 'no answer'}"[:300])
    reasons = [one["skip_reason"] for one in found if "skip_reason" in one]
    spoken = {_name(one["name"]) for one in found if "skip_reason" not in one}
    faults = tuple(line for one in found for line in _faults(one))
    unasked = tuple(pin for pin in pins if _name(pin.split("==")[0]) not in spoken)
    return Answer(faults, unasked, "".join(reasons[:1])[:300])


def _rounds(pins: Sequence[str]) -> list[list[str]]:
    """Divide pins into lists in which each package stands once; an overlay has many releases."""
    rounds: list[dict[str, str]] = []
    for pin in pins:
        name = _name(pin.split("==")[0])
        free = next((one for one in rounds if name not in one), None)
        if free is None:
            rounds.append(free := {})
        free[name] = pin
    return [list(one.values()) for one in rounds]


def _together(answers: Sequence[Answer]) -> Answer:
    return Answer(
        tuple(fault for one in answers for fault in one.faults),
        tuple(pin for one in answers for pin in one.unasked),
        next((one.reason for one in answers if one.reason), ""),
    )


def _some(pins: Sequence[str], most: int = 5) -> str:
    return ", ".join(pins[:most]) + (f" and {len(pins) - most} more" if len(pins) > most else "")


def _faults(package: dict[str, Any]) -> list[str]:
    """Give a line for each vulnerability of a package."""
    return [
        f"{package['name']} {package['version']}: {one['id']}, fixed in "
        f"{', '.join(one.get('fix_versions') or ['no release'])}"
        for one in package.get("vulns", ())
    ]


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
