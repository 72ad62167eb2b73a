"""Runs what a model wrote, in a jail: no network, no home, a folder of its own, an end in time."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deployer.codec import DecodeError, read_json
from deployer.engine.jail import Jail
from deployer.measure.last import last_error

SECONDS = 20.0
"""How long all cases of a function may take, with the start of a Python."""

MEMORY = 512 * 1024 * 1024
"""Bytes of memory that it may have."""

_RUN = """\
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000))
spec = json.load(open(sys.argv[1]))
names = {{"__name__": "answer"}}
exec(compile(spec["code"], "answer", "exec"), names)
found = [names[spec["function"]](*case) for case in spec["cases"]]
print(spec["mark"] + json.dumps(found))
"""


def run_in(jail: Jail, code: str, function: str, cases: Sequence[dict[str, Any]]) -> str:
    """Call a function of ``code`` with each case's arguments, and compare the results.

    Gives what is wrong, '' where all are right. The jail must be a full one.
    """
    mark = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="deployer-canary-") as name:
        folder = Path(name).resolve()
        arguments = [case["arguments"] for case in cases]
        spec = {"code": code, "function": function, "mark": mark, "cases": arguments}
        (folder / "spec.json").write_text(json.dumps(spec), "utf-8")
        (folder / "run.py").write_text(_RUN.format(memory=MEMORY), "utf-8")
        base = Path(sys.base_prefix)
        python = base / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        words = [str(python), "-I", "-S", str(folder / "run.py"), str(folder / "spec.json")]
        try:
            done = subprocess.run(
                jail.wrapped(words, folder, [base]),
                capture_output=True, text=True, timeout=SECONDS, check=False, cwd="/",
                stdin=subprocess.DEVNULL, errors="replace", env={"PATH": "/usr/bin:/bin"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"the code did not end within {SECONDS:g} s"
    lines = [line for line in done.stdout.splitlines() if line.startswith(mark)]
    if not lines:
        said = last_error(done.stderr)
        return f"the code does not run: {said[:80] or f'exit status {done.returncode}'}"
    try:
        found = read_json(lines[-1].removeprefix(mark))
    except DecodeError:
        return "the code gives what is no value of JSON"
    for case, result in zip(cases, found, strict=True):
        if result != case["result"]:
            call = ", ".join(map(repr, case["arguments"]))
            return f"{function}({call}) gives {str(result)[:60]}, not {case['result']}"
    return ""
