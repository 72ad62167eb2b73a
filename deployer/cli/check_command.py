"""What is wrong with a launch command once the model and the GPU are known.

A command says neither, so both are given beside it. It is taken for a profile, as `deployer import`
does, and judged by every check; told is what is about the engine, the model and the GPU. What a
deployment would need beside the command (volumes, keys, budgets) is nobody's mistake here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.adopt.adopt import NoLaunchError, from_words
from deployer.adopt.wishes import Wishes
from deployer.behaviour.checkpoints import Checkpoints
from deployer.check.command import FILE, show
from deployer.check.run import check
from deployer.check.wording import as_flags
from deployer.compile.case import Case
from deployer.errors import Failure
from deployer.finding import Finding, Span, short_line
from deployer.parse.config import ConfigError
from deployer.parse.read import parse
from deployer.profile.load import load_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deployer.facts.models.checkpoint import Checkpoint
    from deployer.facts.sglang.catalogue import Catalogue
    from deployer.parse.launch import Launch

ABOUT = (
    "hardware", "kernels", "memory", "model.context_length", "moe", "parallel", "schedule",
    "speculative", "engine.args",
)  # fmt: skip
"""Sections and keys of a profile that a command, a model and a GPU decide."""

MODEL = "model_path"
"""Where the option of the model writes to."""


def judge_command(
    catalogue: Catalogue,
    launch: Launch,
    checkpoint: Checkpoint,
    gpu: str,
    read: Callable[[str], str | None],
) -> tuple[Finding, ...]:
    """Judge a command for a model and a GPU, beyond what the release's parser says of it.

    ``read`` gives the text of a file that the command names. Raises Failure where the command
    cannot be taken for a profile.
    """
    wishes = Wishes(name="command", gpu=gpu, release=catalogue.version)
    words = ("python3", "-m", "sglang.launch_server", *launch.words)
    try:
        adopted = from_words(words, wishes, read)
    except (NoLaunchError, ConfigError) as error:
        message = f"the command cannot be judged with its model: {error}"
        raise Failure(message) from error
    loaded = load_profile(adopted.profile, FILE)
    profile = loaded.profile or loaded.partial
    if profile is None:
        message = "the command cannot be judged with its model: it makes no profile"
        raise Failure(message)
    case = Case(profile, Checkpoints(checkpoint))
    return tuple(_placed(case, check(case, loaded.source), catalogue, launch))


def _placed(
    case: Case, findings: Iterable[Finding], catalogue: Catalogue, launch: Launch
) -> Iterator[Finding]:
    """Put findings at the words that say it, at the model's where none does."""
    shown = show(catalogue, launch)
    places = {each.option.dest: each.position for each in parse(catalogue, launch.words).given}
    options = ((each.source, catalogue.find(each.flag)) for each in case.arguments)
    said = {source: places.get(option.dest) for source, option in options if option is not None}
    for found in findings:
        if not any(found.path == one or found.path.startswith(f"{one}.") for one in ABOUT):
            continue
        at = said.get(found.path)
        at = places.get(MODEL, 0) if at is None else at
        start, end = shown.columns[at] if shown.columns else (1, len(shown.line) + 1)
        span = Span(1, start, 1, end)
        line = short_line(shown.line)
        message, hint = (
            as_flags(catalogue.version, found.path, text) for text in (found.message, found.hint)
        )
        yield replace(found, message=message, hint=hint, file=FILE, span=span, source_line=line)
