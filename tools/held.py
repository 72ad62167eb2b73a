"""``python -m tools.held``: ask every release again what it makes of the commands that we hold.

``tests/data/held/commands.json`` holds launch commands that were published, each with its source
and the GPUs that it is asked about. Each catalogued release resolves them itself, off-GPU
(``deployer/engine/pretend``); what it says is written to ``resolved.json`` beside it, with the day.
Tests hold what ``deployer/behaviour`` states against that file, and the file against the engine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import json
import shlex
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployer.behaviour.checkpoints import Checkpoints
from deployer.behaviour.resolved import Resolved
from deployer.behaviour.stated import COUNT, GPU, REPO, VERSION, Setting, Stated
from deployer.catalogue.cache import wheel_path
from deployer.engine.jail import find_jail
from deployer.engine.model_config import ModelConfig, shipped
from deployer.engine.overlay import BASE, Interpreter, find_interpreter
from deployer.engine.resolve import Answer, Question, ask_all
from deployer.facts.gpus import GPUS
from deployer.facts.models.catalogue import find
from deployer.facts.sglang.catalogue import load, releases
from deployer.parse.parsed import Given
from deployer.parse.read import parse
from deployer.release import Argument

FOLDER = Path("tests/data/held")
COMMANDS, RESOLVED = FOLDER / "commands.json", FOLDER / "resolved.json"

FIELDS: Mapping[str, tuple[str, ...]] = {
    "kv_cache_dtype": ("kv_cache_dtype",),
    "attention": ("attention_backend",),
    "prefill": ("prefill_attention_backend",),
    "decode": ("decode_attention_backend",),
    "sparse_prefill": ("dsa_prefill_backend", "nsa_prefill_backend"),
    "sparse_decode": ("dsa_decode_backend", "nsa_decode_backend"),
    "moe_runner": ("moe_runner_backend",),
    "moe_a2a": ("moe_a2a_backend",),
    "draft_moe_runner": ("speculative_moe_runner_backend",),
    "fusion": ("flashinfer_allreduce_fusion_backend", "enable_flashinfer_allreduce_fusion"),
    "page_size": ("page_size",),
    "max_running_requests": ("max_running_requests",),
    "chunked_prefill_size": ("chunked_prefill_size",),
    "max_prefill_tokens": ("max_prefill_tokens",),
    "graphs": ("cuda_graph_config.decode.bs", "cuda_graph_bs"),
    "graphs_off": ("disable_cuda_graph",),
    "prefill_graphs": ("cuda_graph_config.prefill.backend", "disable_piecewise_cuda_graph"),
    "speculative_algorithm": ("speculative_algorithm",),
    "num_steps": ("speculative_num_steps",),
    "eagle_topk": ("speculative_eagle_topk",),
    "draft_tokens": ("speculative_num_draft_tokens",),
    "mem_fraction_static": ("mem_fraction_static",),
    "quantization": ("quantization",),
    "dtype": ("dtype",),
    "ep_size": ("ep_size",),
    "overlap_off": ("disable_overlap_schedule",),
    "shared_experts_apart": ("disable_shared_experts_fusion",),
    "prefix_cache_off": ("disable_radix_cache",),
    "swa_full_tokens_ratio": ("swa_full_tokens_ratio",),
    "mamba_full_memory_ratio": ("mamba_full_memory_ratio",),
    "mamba_ssm_dtype": ("mamba_ssm_dtype",),
}
"""What is kept of an answer, and what SGLang calls it: the newest name first. A dot leads into a
record. A name that a release lacks has no value there."""


@dataclass(frozen=True, slots=True)
class Case:
    """One command on one kind of GPU. ``words`` are without the model; ``source`` is where from."""

    model: str
    gpu: str
    count: int
    words: tuple[str, ...]
    source: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the case is called in the file of answers."""
        return f"{self.model} on {self.count} x {self.gpu}: {shlex.join(self.words)}"


def cases(path: Path = COMMANDS) -> tuple[Case, ...]:
    """Read the commands: one case for each of a command's GPUs."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Case(
            model=one["model"],
            gpu=gpu,
            count=one["count"],
            words=tuple(shlex.split(one["words"])),
            source=one["source"],
            variables=one.get("variables", {}),
        )
        for one in found
        for gpu in one["gpus"]
    )


@contextmanager
def interpreter(version: str) -> Iterator[Interpreter]:
    """Give a python that imports a release: the installed one, with the release's wheel before."""
    base = find_interpreter(BASE)
    if version == BASE:
        yield base
        return
    with tempfile.TemporaryDirectory(prefix="deployer-held-") as name:
        with zipfile.ZipFile(wheel_path(version)) as wheel:
            wheel.extractall(name)
        yield Interpreter(version, base.python, Path(name))


def asked(version: str, wanted: Sequence[Case]) -> list[dict[str, Any]]:
    """Let a release resolve cases: one process for all that share their variables."""
    found: dict[str, dict[str, Any]] = {}
    jail = find_jail()
    with interpreter(version) as engine:
        for variables, same in _by_variables(wanted):
            questions = [_question(case) for case in same]
            answers = ask_all(engine, questions, variables, jail=jail)
            for case, answer in zip(same, answers, strict=True):
                found[case.name] = kept(answer)
    return [found[case.name] for case in wanted]


def _by_variables(wanted: Sequence[Case]) -> Iterable[tuple[Mapping[str, str], list[Case]]]:
    groups: dict[tuple[tuple[str, str], ...], list[Case]] = {}
    for case in wanted:
        groups.setdefault(tuple(sorted(case.variables.items())), []).append(case)
    return [(dict(key), same) for key, same in groups.items()]


def _question(case: Case) -> Question:
    return Question(config_of(case.model), GPUS[case.gpu], case.count, case.words)


def config_of(repo: str) -> ModelConfig:
    """Give the shipped files of a repository; raises LookupError where nothing is shipped."""
    found = shipped(repo)
    if found is None:
        raise LookupError(repo)
    return found


def given(case: Case, version: str) -> Sequence[Given]:
    """Give the options of a case as a release reads them."""
    return _given(version, ("--model-path", case.model, *case.words))


@functools.cache
def _given(version: str, words: tuple[str, ...]) -> Sequence[Given]:
    """Read a command once: it is held on several GPUs, and by several tests."""
    return parse(load(version), words).given


def stated(case: Case, version: str) -> Resolved:
    """Give what the room of the engine's behavior says of a case."""
    said = Stated(
        facts={VERSION: version, GPU: case.gpu, COUNT: case.count, REPO: case.model},
        arguments=tuple(Argument(each.string, each.words, "") for each in given(case, version)),
        environment={name: Setting(value, "") for name, value in case.variables.items()},
    )
    return Resolved(said, Checkpoints(find(case.model)))


def kept(answer: Answer) -> dict[str, Any]:
    """Give what is kept of an answer: its outcome and, where it resolved, :data:`FIELDS`."""
    lacking = {"missing": list(answer.missing)} if answer.missing else {}
    if answer.outcome != "resolved":
        words = " ".join(answer.message.split())
        return lacking | {"outcome": answer.outcome, "message": words, "where": _file(answer.where)}
    values = {value.field: value.resolved for value in answer.values}
    found = {name: _first(values, spellings) for name, spellings in FIELDS.items()}
    return lacking | {"outcome": "resolved", **found}


def _first(values: Mapping[str, Any], spellings: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    for spelling in spellings:
        whole, *path = spelling.split(".")
        found = values.get(whole)
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        if whole in values and (found is not None or not path):
            return found
    return None


def _file(where: str) -> str:
    """Leave the line out: it moves with every release."""
    return where.rpartition(":")[0] or where


def written(found: Mapping[str, Sequence[dict[str, Any]]], wanted: Sequence[Case], day: str) -> str:
    """Write what releases said: of each case and each value, since which release it is so."""
    lines = []
    for at, case in enumerate(wanted):
        answers = {version: found[version][at] for version in found}
        names = dict.fromkeys(name for answer in answers.values() for name in answer)
        since = {name: _since(answers, name) for name in names}
        lines.append(f"{json.dumps(case.name)}: {json.dumps(since)}")
    head = json.dumps({"asked": day, "releases": list(found)})[:-1]
    return f'{head}, "cases": {{\n' + ",\n".join(lines) + "\n}}\n"


def _since(answers: Mapping[str, Mapping[str, Any]], name: str) -> list[list[Any]]:
    runs: list[list[Any]] = []
    for version, answer in answers.items():
        value = answer.get(name)
        if not runs or runs[-1][1] != value:
            runs.append([version, value])
    return runs


def read(path: Path = RESOLVED) -> dict[str, dict[str, dict[str, Any]]]:
    """Read what releases said: by release, then by case."""
    document = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, dict[str, dict[str, Any]]] = {v: {} for v in document["releases"]}
    for case, since in document["cases"].items():
        for version in document["releases"]:
            position = document["releases"].index(version)
            found[version][case] = {
                name: value
                for name, runs in since.items()
                if (value := _at(runs, position, document["releases"])) is not None
            }
    return found


def _at(runs: Sequence[Sequence[Any]], position: int, order: Sequence[str]) -> Any:  # noqa: ANN401
    return [value for version, value in runs if order.index(version) <= position][-1]


def main() -> int:
    """Ask each release and write the file anew. Gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.held", description=__doc__)
    parser.parse_args()
    wanted, found = cases(), {}
    for version in releases():
        print(f"SGLang {version}: {len(wanted)} commands", file=sys.stderr)
        found[version] = asked(version, wanted)
    day = dt.datetime.now(dt.UTC).date().isoformat()
    RESOLVED.write_text(written(found, wanted, day), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
