"""The one place that knows the tool that drives the load: ``sglang.benchmark.serving``.

It is SGLang's own, the one by which figures for SGLang are published, and it lies in the engine's
environment (docs/decisions/0020-bench.md). It runs there as by hand: one process a point, the API
key in its environment, and what a platform in front wants to see as well. Names are those of 0.5.23
``sglang/benchmark/serving.py``.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.codec import read_json
from deployer.engine import child
from deployer.engine.environment import EngineEnvironment
from deployer.errors import Failure
from deployer.facts.cpu import SWITCH
from deployer.late import compile_pattern
from deployer.measure.load import Load
from deployer.verify.endpoint import Endpoint

MODULE = "sglang.benchmark.serving"
ABSENT = Path(__file__).parent / "absent"
FRONTED = "deployer_fronted"
FRONT = "DEPLOYER_FRONT"
"""The module in :data:`ABSENT` that runs the tool with an endpoint's headers, and the variable that
holds them."""

KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
"""Variables of the caller that the tool sees; what is here it reaches without proxies."""

USAGE = {"stream_options": {"include_usage": True}}
"""What makes the engine count the tokens of a stream; without it the tool takes what was asked for
for what came."""

WARMUP = 2
"""Requests before those that are measured: the first opens what later ones find open."""

Progress = Callable[[int, int], None]
"""Called with the requests that are done, and all of them."""

_BAR = compile_pattern(r"\|\s*(\d+)/(\d+) \[")
_TRACEBACK = compile_pattern(r"^(\w+(?:Error|Exception|Exit)): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tool:
    """The tool: an engine's environment, and how programs are started."""

    engine: EngineEnvironment
    run: child.Runner = child.run

    @property
    def name(self) -> str:
        """What it is, with its version."""
        return f"{MODULE} {self.engine.version}"

    def words(
        self, endpoint: Endpoint, model: str, tokenizer: Path, load: Load, output: Path
    ) -> list[str]:
        """Give the command: no secret is in it."""
        body = json.dumps(USAGE)
        words = [str(self.engine.python), "-m", FRONTED if endpoint.headers else MODULE]
        words += ["--backend", "sglang-oai-chat", "--base-url", endpoint.url]
        words += ["--model", str(tokenizer), "--served-model-name", model]
        words += ["--tokenizer", str(tokenizer), "--seed", str(load.seed)]
        words += ["--num-prompts", str(load.requests), "--warmup-requests", str(WARMUP)]
        words += ["--output-file", str(output), "--output-details", "--extra-request-body", body]
        words += [] if load.concurrency is None else ["--max-concurrency", str(load.concurrency)]
        words += [] if load.rate is None else ["--request-rate", f"{load.rate:g}"]
        return [*words, *_prompts(load)]

    def measure(
        self,
        endpoint: Endpoint,
        model: str,
        tokenizer: Path,
        load: Load,
        progress: Progress,
        environ: Mapping[str, str] = os.environ,
    ) -> Mapping[str, Any]:
        """Put one load on the endpoint and give what the tool found, by its own names.

        Raises Failure where it could not be measured, and what the endpoint's guard raises.
        """
        endpoint.guard()
        with tempfile.TemporaryDirectory(prefix="deployer-bench-") as name:
            folder = Path(name).resolve()
            words = self.words(endpoint, model, tokenizer, load, folder / "out.jsonl")
            self._run(endpoint, words, _environ(endpoint, folder, environ), progress)
            return _read(folder / "out.jsonl")

    def _run(
        self, endpoint: Endpoint, words: Sequence[str], env: Mapping[str, str], progress: Progress
    ) -> None:
        said: list[str] = []

        def on_line(line: str) -> None:
            if found := _BAR.search(line):
                progress(int(found[1]), int(found[2]))
            said.append(line)

        failed = None
        try:
            self.run(words, doing="measuring", env=env, on_line=on_line)
        except Failure as failure:
            failed = _in_words(endpoint, "\n".join(said), failure)
        if failed is not None:  # out here: what the first one says may hold the key
            raise failed


def _prompts(load: Load) -> list[str]:
    """Give the words that say what is asked."""
    if load.trace:
        # What was recorded ends where the model ends it.
        return ["--dataset-name", "openai", "--dataset-path", load.trace, "--disable-ignore-eos"]
    if load.prefix:
        words = ["--dataset-name", "generated-shared-prefix", "--gsp-range-ratio", "1"]
        words += ["--gsp-num-groups", str(load.groups)]
        words += ["--gsp-prompts-per-group", str(load.requests // load.groups)]
        words += ["--gsp-system-prompt-len", str(load.prefix)]
        return [
            *words,
            "--gsp-question-len",
            str(load.inputs),
            "--gsp-output-len",
            str(load.outputs),
        ]
    words = ["--dataset-name", "random-ids", "--random-range-ratio", "1"]
    return [
        *words,
        "--random-input-len",
        str(load.inputs),
        "--random-output-len",
        str(load.outputs),
    ]


def _environ(endpoint: Endpoint, folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    kept = (*KEPT, *(() if endpoint.here else PROXIES))
    key = {"OPENAI_API_KEY": endpoint.api_key} if endpoint.api_key else {}
    front = {"url": endpoint.url, "headers": dict(endpoint.headers)}
    return {
        **{name: environ[name] for name in kept if name in environ},
        **key,
        **({FRONT: json.dumps(front)} if endpoint.headers else {}),
        SWITCH: "1",
        "HF_HUB_OFFLINE": "1",  # the tokenizer is here, and no code of a repository is fetched
        "HOME": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": str(ABSENT),
        "PYTHONWARNINGS": "ignore",
        "TMPDIR": str(folder),
    }


def _read(output: Path) -> Mapping[str, Any]:
    try:
        found = read_json(output.read_bytes(), constants=True)
    except (OSError, ValueError) as error:
        message = "the tool that drives the load has written no result"
        raise Failure(message, hint="is the disk full?") from error
    if not isinstance(found, dict):
        message = "the result of the tool that drives the load is none"
        raise Failure(message)
    # An engine without a door would have told its arguments here, its keys among them.
    return {name: value for name, value in found.items() if name != "server_info"}


def _in_words(endpoint: Endpoint, said: str, failure: Failure) -> Failure:
    """Say what the tool died of: its last exception, or what it printed last."""
    causes = _TRACEBACK.findall(said)
    if not causes:
        return Failure(endpoint.hide(failure.message), hint=endpoint.hide(failure.hint))
    kind, what = causes[-1]
    message = f"the load could not be put on the endpoint: {kind}: {' '.join(what.split())[:400]}"
    return Failure(endpoint.hide(message), hint="`deployer verify` says how the endpoint stands")
