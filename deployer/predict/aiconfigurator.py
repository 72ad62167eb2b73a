"""The one place that knows NVIDIA's aiconfigurator: its names, its call, its answer, its refusals.

It is optional (the extra `predict`) and pinned: 0.12.0 is the last release with
these names, and 0.13 is announced to remove them for `aisimulate`, whose 0.12.0 on PyPI is only a
pointer to NVIDIA's own index (2026-11-26). It needs no GPU and no network. Names and meanings are
those of ``aiconfigurator/cli/api.py`` (``cli_estimate``, ``EstimateResult``) of 0.12.0.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from deployer.errors import Failure
from deployer.predict.prediction import Answer
from deployer.predict.question import Question

NAME = "aiconfigurator"
VERSION = "0.12.0"
"""The release whose names this module knows; `pyproject.toml` pins it."""

HOW = (
    f"`pip install {NAME}=={VERSION}` beside deployer installs it (about 700 MB with what it needs)"
)

SYSTEMS = {
    "A100-80GB": "a100_sxm",
    "B200": "b200_sxm",
    "B300": "b300_sxm",
    "H100": "h100_sxm",
    "H100!": "h100_sxm",
    "H200": "h200_sxm",
    "L40S": "l40s",
    "RTX-PRO-6000": "rtx_pro_6000_server",
}
"""Its names of Modal's GPUs. It has no SGLang tables of L4, and does not know T4, A10 and the
A100 with 40 GB."""


@dataclass(frozen=True, slots=True)
class Tool:
    """The loaded package: its call, and the models whose configs it brings."""

    name: str
    estimate: Callable[..., Any]
    models: frozenset[str]


def load() -> Tool:
    """Load the package (seconds). Raises Failure where it is missing or another release."""
    try:
        found = importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        message = f"predictions are made by NVIDIA's {NAME}, which is not installed here"
        raise Failure(message, hint=HOW) from None
    if found != VERSION:
        message = f"{NAME} {found} is installed, and this version of deployer speaks to {VERSION}"
        raise Failure(message, hint=HOW)
    with _heard([]):
        api = importlib.import_module("aiconfigurator.cli.api")
        common = importlib.import_module("aiconfigurator_core.sdk.common")
    return Tool(f"{NAME} {found}", api.cli_estimate, frozenset(common.DefaultHFModels))


def ask(question: Question, tool: Tool) -> Answer:
    """Ask for one point. Raises Failure where the package has no answer, with its own reason."""
    parameters = words(question, tool)
    said: list[str] = []
    with _heard(said):
        try:
            found = tool.estimate(**parameters)
        except Exception as error:
            raise _in_words(error, tool) from error
    return _answer(found, tuple(dict.fromkeys(said)))


def words(question: Question, tool: Tool) -> dict[str, Any]:
    """Give the parameters of ``cli_estimate``; raises Failure for a model or GPU it has not."""
    system = SYSTEMS.get(question.gpu)
    if system is None:
        message = f"{tool.name} has no SGLang tables for the GPU {question.gpu}"
        raise Failure(message, hint=f"it has some for {', '.join(SYSTEMS)}")
    if question.repo not in tool.models:
        message = f"{tool.name} does not bring the config of {question.repo}"
        raise Failure(message, hint=_near(question.repo, tool.models))
    return {
        "model_path": question.repo,
        "system_name": system,
        "mode": "agg",
        "backend_name": "sglang",
        "isl": question.inputs,
        "osl": question.outputs,
        "batch_size": question.batch,
        "ctx_tokens": question.chunk,
        "tp_size": question.tensor,
        "pp_size": question.pipeline,
        "attention_dp_size": question.ranks,
        "moe_tp_size": question.experts_tensor,
        "moe_ep_size": question.experts,
        "kvcache_quant_mode": question.kv_dtype or None,
        "free_gpu_memory_fraction": question.fraction,
        "nextn": question.drafts,
        "nextn_accepted": question.accepted if question.drafts else None,
    }


def _answer(found: Any, said: tuple[str, ...]) -> Answer:  # noqa: ANN401 - a foreign value
    sources = [source for step in (found.per_ops_source or {}).values() for source in step.values()]
    raw: Mapping[str, Any] = found.raw
    warned = (" ".join(found.kv_cache_warning.split()),) if found.kv_cache_warning else ()
    return Answer(
        first_token=float(found.ttft),
        each_token=float(found.tpot),
        throughput=float(found.tokens_per_second),
        running=float(found.concurrency),
        tables=str(found.backend_version),
        weights=str(raw.get("gemm", "")),
        cache=str(raw.get("kvcache", "")),
        measured=sources.count("silicon"),
        operations=len(sources),
        notes=tuple(f"{NAME}: {one}" for one in (*warned, *said)),
    )


def _in_words(error: Exception, tool: Tool) -> Failure:
    text = " ".join(str(error).split()) or type(error).__name__
    return Failure(f"{tool.name} has no answer: {text}")


def _near(repo: str, models: frozenset[str]) -> str:
    """Name the models of nearly that name: those of another dtype have other speeds."""
    family = repo.rpartition("/")[2].split("-")[0].lower()
    near = sorted(name for name in models if family and family in name.lower())
    if near:
        return f"it has {', '.join(near[:6])}"
    return f"it has {len(models)} models, none of that family"


class _Ear(logging.Handler):
    """Keeps what the package warns of, for the reader of the prediction."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message, on one line and without the path of the installation."""
        text = " ".join(record.getMessage().split())
        if record.name.startswith(NAME):
            self.said.append(_without_paths(text))


def _without_paths(text: str) -> str:
    return " ".join(
        word.rpartition(f"/{NAME}_core/")[2] if f"/{NAME}_core/" in word else word
        for word in text.split()
    )


@contextmanager
def _heard(said: list[str]) -> Iterator[None]:
    """Keep the package's log and warnings off the terminal, and its warnings in ``said``."""
    ear, root = _Ear(said), logging.getLogger()
    root.addHandler(ear)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(ear)
