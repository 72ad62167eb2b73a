"""The phases before a start: the engine is there or is installed, and the model is there."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.files import is_there
from deployer.serve.weights.needed import ADAPTER_CONFIG, CONFIG

if TYPE_CHECKING:
    from deployer.apply.local.task import Task
    from deployer.engine.environment import EngineEnvironment
    from deployer.release import Release

INSTALL_SIZE = "1.6 GB on the disk, most of it downloaded"
"""What an installation takes: measured by ``deployer.engine.install`` for SGLang 0.5.23."""

_PLACEHOLDER = "builtin:"
"""How a compiled release begins the path of a model that is yet to be made."""


def prepare_engine(task: Task) -> EngineEnvironment:
    """Find the engine's environment, or install it if that is agreed to; Failure if not."""
    version = task.release.engine.version
    with task.phases.phase("engine", f"SGLang {version} for the CPU") as phase:
        engine = task.parts.locate(version, task.environ)
        if engine is None:
            if not task.confirm_install(INSTALL_SIZE):
                message = f"the engine SGLang {version} is not installed"
                raise Failure(message, hint=f"`deployer engine install {version}` installs it")
            engine = task.parts.install(version, phase.progress, task.environ)
        phase.result = f"SGLang {version} in {engine.root}"
    return engine


def prepare_model(task: Task) -> Release:
    """Have the model on the disk and give the release with its folder filled in.

    Raises Failure where the weights are missing.
    """
    model = task.release.model
    with task.phases.phase("model", f"the model {model.repo}") as phase:
        if model.source == "builtin":
            path = task.parts.tiny_model()
        else:
            path = Path(model.path)
            _refuse_missing(path, model.repo, CONFIG)
        for one in task.release.beside:
            _refuse_missing(
                Path(one.path), one.repo, ADAPTER_CONFIG if one.role == "adapter" else CONFIG
            )
        phase.result = f"{model.repo} in {path}"
    return fill_in(task.release, path)


def fill_in(release: Release, path: Path) -> Release:
    """Put the model's folder where the compiler could not know it yet."""
    arguments = tuple(
        dataclasses.replace(each, values=tuple(_filled(value, path) for value in each.values))
        for each in release.arguments
    )
    model = dataclasses.replace(release.model, path=str(path))
    return dataclasses.replace(release, model=model, arguments=arguments)


def _filled(value: str, path: Path) -> str:
    return str(path) if value.startswith(_PLACEHOLDER) else value


def _refuse_missing(path: Path, repo: str, config: str) -> None:
    if not (is_there(path / config) and (path / config).is_file()):
        message = f"{repo} is not in {path}: it has no {config}"
        hint = f"`hf download {repo} --local-dir {path}` puts it there, or state the folder's path"
        raise Failure(message, hint=hint)
