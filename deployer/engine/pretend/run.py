"""Resolve argument lists with SGLang's own code; requests and answers are JSON files.

``python -m deployer.engine.pretend.run REQUEST ANSWER``. The imports take seconds and a resolution
milliseconds, but a resolution leaves marks (caches, environment variables): each list gets a fork
of this process, which has imported everything and resolved nothing.
"""

# ruff: noqa: ANN401  # the engine's own objects, whose types are not installed here

import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from deployer.engine.pretend import alone, loading, machine, models, resolution


def main(request_path: str, answer_path: str) -> None:
    """Read the request, answer each of its questions, write the answers."""
    request = json.loads(Path(request_path).read_text("utf-8"))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # it may be ignored from the start
    alone.refuse_network()
    signal.alarm(request["seconds"])  # its default is to end the process, even one that hangs in C
    gc.disable()  # what is imported is no garbage, and to look through it takes as long again
    engine = loading.load(overlay=request["overlay"])
    classes = models.implemented(engine)
    gc.freeze()  # which leaves what the forks share as it is, too
    gc.enable()
    answers = []
    for question in request["questions"]:
        lacking = models.missing(question["arguments"], classes)
        answers.append(_in_a_fork(engine, question, answer_path) | {"missing": lacking})
    about = {"packages": loading.packages(), "pretended": machine.pretended()}
    Path(answer_path).write_text(json.dumps(about | {"answers": answers}), "utf-8")


def _in_a_fork(engine: Any, question: dict[str, Any], answer_path: str) -> Any:
    """Answer one question in a process of its own, which ends without clearing up."""
    path = Path(f"{answer_path}.part")
    path.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    if (child := os.fork()) == 0:
        try:
            stand_ins = models.without_code(question["arguments"])
            if question["gpu"] is not None:
                machine.pretend(question["gpu"], question["count"])
            answer = resolution.resolve(engine, question["arguments"])
            answer["pretended"] = stand_ins
            path.write_text(json.dumps(answer), "utf-8")
        except BaseException as error:  # noqa: BLE001 - a fork must never return into the caller
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.waitpid(child, 0)
    if not path.exists():
        sys.exit("the resolution ended without an answer")
    return json.loads(path.read_text("utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])
