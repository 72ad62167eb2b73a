"""Asking: what goes to the engine's process, and what comes back. No process is started."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deployer.engine.model_config import ModelConfig
from deployer.engine.overlay import Interpreter
from deployer.engine.resolve import Said as Line
from deployer.engine.resolve import ask
from deployer.errors import Failure
from deployer.release import Argument

from .releases import release, unsaid

MODEL = ModelConfig({"config.json": b"{}"}, "a test")
ENGINE = Interpreter("0.5.23", Path("/engine/bin/python3"))


@dataclass
class Process:
    """Stands for the engine's process: notes what it was given, writes ``answers``."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""
    command: list[str] = field(default_factory=list)
    env: Mapping[str, str] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)

    def __call__(
        self,
        command: Sequence[str],
        *,
        doing: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        on_line("anything")
        self.command, self.env = list(command), env
        self.request = json.loads(Path(command[-2]).read_text())
        folder = Path(command[-2]).parent
        files = [path for path in folder.rglob("*") if path.is_file()]
        self.there = {path.relative_to(folder).as_posix() for path in files}
        if self.failure:
            message = f"{doing} {self.failure}"
            raise Failure(message)
        model = self.request["questions"][0]["arguments"][1]
        reply = {"packages": {"torch": "2.13.0+cpu"}, "pretended": ["flashinfer"]}
        text = json.dumps(reply | {"answers": self.answers}).replace("MODEL", model)
        Path(command[-1]).write_text(text)


def _answer(**parts: Any) -> dict[str, Any]:
    blank = {"outcome": "resolved", "message": "", "where": "", "values": [], "said": []}
    return blank | {"variables": {}, "pretended": [], "missing": []} | parts


def _value(**parts: Any) -> dict[str, Any]:
    blank = {"field": "page_size", "flag": "--page-size", "default": None, "given": False}
    return blank | {"stated": None, "resolved": 64, "rule": ""} | parts


def test_what_the_process_gets() -> None:
    process = Process([_answer()])
    chunk = Argument("--chunked-prefill-size", ("8192",), "schedule.chunked_prefill_size")
    ask(ENGINE, [release(chunk)], MODEL, environ={"PATH": "/bin", "HF_TOKEN": "no"}, run=process)
    assert process.command[:3] == ["/engine/bin/python3", "-m", "deployer.engine.pretend.run"]
    (question,) = process.request["questions"]
    assert question["arguments"][0] == "--model-path"
    assert question["arguments"][2:] == ["--chunked-prefill-size", "8192"]
    assert question["count"] == 8
    assert question["gpu"]["capability"] == [10, 0]
    assert process.request["overlay"] is False
    assert {"model0/config.json", "code/deployer/engine/pretend/run.py"} <= process.there


def test_the_process_is_alone() -> None:
    process = Process([_answer()])
    environ = {"PATH": "/bin", "HOME": "/home/ann", "HF_TOKEN": "no", "API_KEY": "no"}
    ask(ENGINE, [release()], MODEL, environ=environ, run=process)
    folder = str(Path(process.command[-1]).parent)
    assert process.env["PATH"] == "/bin"
    assert process.env["SGLANG_ENABLE_SPEC_V2"] == "1"
    assert process.env["HF_HUB_OFFLINE"] == "1"
    assert process.env["HOME"].startswith(folder)
    assert process.env["PYTHONPATH"].startswith(folder)
    assert not {"HF_TOKEN", "API_KEY"} & set(process.env)
    assert not Path(folder).exists()


def test_an_overlay_goes_before_the_engine() -> None:
    process = Process([_answer()])
    engine = Interpreter("0.5.10.post1", Path("/engine/bin/python3"), Path("/overlay"))
    ask(engine, [release(version="0.5.10.post1")], MODEL, environ={}, run=process)
    assert process.env["PYTHONPATH"].endswith("/code:/overlay")
    assert process.request["overlay"] is True


def test_a_secret_is_never_passed() -> None:
    process = Process([_answer()])
    secret = Argument("--admin-api-key", ("hunter2",), "engine.args.admin-api-key")
    ask(ENGINE, [release(secret)], MODEL, environ={}, run=process)
    assert process.request["questions"][0]["arguments"][2:] == ["--admin-api-key", "***"]
    assert "hunter2" not in json.dumps(process.request)


def test_answers_come_back_with_the_path_of_the_model() -> None:
    value = _value(field="tokenizer_path", flag="--tokenizer-path", resolved="MODEL")
    said = [{"level": "warning", "text": "reading MODEL"}]
    (answer,) = ask(
        ENGINE, [release()], MODEL, environ={}, run=Process([_answer(values=[value], said=said)])
    )
    expected = unsaid("tokenizer_path", "--tokenizer-path", None, "/model-cache/GLM-5.1-FP8")
    assert answer.values == (expected,)
    assert answer.said == (Line("warning", "reading /model-cache/GLM-5.1-FP8"),)
    assert answer.packages == {"torch": "2.13.0+cpu"}


def test_several_in_one_process() -> None:
    process = Process([_answer(), _answer(outcome="refused", message="no")])
    first, second = ask(ENGINE, [release(), release(gpu="H200")], MODEL, environ={}, run=process)
    assert [first.outcome, second.outcome] == ["resolved", "refused"]
    assert [q["gpu"]["name"] for q in process.request["questions"]] == [
        "NVIDIA B200",
        "NVIDIA H200",
    ]


def test_out_of_time() -> None:
    with pytest.raises(Failure, match="not resolved the arguments within 310 s"):
        ask(ENGINE, [release()], MODEL, environ={}, run=Process(failure="was ended by signal 14;"))


def test_another_failure_stays_as_it_is() -> None:
    with pytest.raises(Failure, match="failed with exit status 1"):
        ask(
            ENGINE, [release()], MODEL, environ={}, run=Process(failure="failed with exit status 1")
        )


def test_a_cpu_takes_a_whole_environment() -> None:
    engine = Interpreter("0.5.10.post1", Path("/python3"), Path("/overlay"))
    with pytest.raises(Failure, match="GPUs only") as caught:
        ask(engine, [release(gpu="none", count=0)], MODEL, environ={}, run=Process())
    assert "0.5.23" in caught.value.hint


def test_on_a_cpu_nothing_is_pretended() -> None:
    process = Process([_answer()])
    ask(ENGINE, [release(gpu="none", count=0)], MODEL, environ={}, run=process)
    assert process.request["questions"][0]["gpu"] is None
