"""`deployer fit`: what one GPU's memory holds, and how many tokens that leaves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deployer.cli.completing import profiles
from deployer.cli.notes import notes_options
from deployer.cli.renamed import Renamed
from deployer.cli.say import columns, show
from deployer.codec import read_json
from deployer.errors import Failure, UsageError
from deployer.facts.gpus import GPUS
from deployer.report.narrow import narrowed

if TYPE_CHECKING:
    from deployer.facts.models.checkpoint import Checkpoint


LARGEST = 100_000_000
"""Bytes of a model's configuration: names of quantized layers alone make 3,000,000 of MiniMax M3's
in NVFP4, and the index of the files of a large model has 15,000,000."""


@click.command("fit")
@click.argument("path", metavar="PROFILE", shell_complete=profiles)
@click.option("--gpu", type=click.Choice(sorted(GPUS)), help="What if it ran on this GPU.")
@click.option(
    "--mem-fraction",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="What if memory.mem_fraction_static were this.",
)
@click.option(
    "--model-config",
    "config",
    cls=Renamed,
    former="--config",
    metavar="FILE",
    help="The model's own config.json, for any other model.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@notes_options
def command(
    path: str, gpu: str | None, mem_fraction: float | None, config: str | None, form: str
) -> int:
    """Show what one GPU holds: weights, KV pool, graphs; and what the pool is good for.

    An estimate from the shapes of model and GPU: nothing is run. A model that is not known here
    is read from the lock beside the profile, or from its own `config.json`. What else is wrong with
    the profile is named, and is no matter: the weights of a profile without its API key's secret
    are as large. Exits 1 when the weights do not fit, or when there is no number.
    """
    from deployer.behaviour.unknown import NoEstimate  # noqa: PLC0415
    from deployer.cli.reading import read_readable  # noqa: PLC0415 - pydantic, only when used
    from deployer.fit.fit import fit  # noqa: PLC0415
    from deployer.report.fit import text, to_json  # noqa: PLC0415

    case = read_readable(path)
    release, known = case.release, case.checkpoints.model
    given = known if config is None else _checkpoint(config, release.model.repo)
    found = fit(release, checkpoint=given, gpu=gpu or "", fraction=mem_fraction)
    if isinstance(found, NoEstimate):
        msg = f"there is no estimate: {found.reason}"
        raise Failure(msg, hint=_sentence(found.hint))
    shown = to_json if form == "json" else text
    width = None if form == "json" else columns()
    show(narrowed(shown(release.name, found), width), end="")
    return 0 if found.pool is not None else 1


def _checkpoint(path: str, repo: str) -> Checkpoint:
    """Read a model's configuration, and what stands beside it: quantization, exact bytes.

    Raises UsageError for no file, Failure where it does not even say the shapes of a model.
    """
    from deployer.facts.models.checkpoint import (  # noqa: PLC0415 - only when used
        CONFIG,
        DOCUMENTS,
        from_files,
    )

    documents = {CONFIG: _json(path)}
    for name in DOCUMENTS:
        beside = Path(path).with_name(name)
        if name != CONFIG and beside.is_file():
            documents[name] = _json(str(beside))
    found = from_files(repo, "", documents, source=path)
    if found.model is None:
        missing = "; ".join(found.not_understood)
        message = f"{path} does not say what memory depends on: {missing}"
        raise Failure(message)
    return found


def _json(path: str) -> Mapping[str, Any]:
    from deployer.cli.reading import read_text  # noqa: PLC0415

    try:
        found: Any = read_json(read_text(path, "a model's config.json", LARGEST), constants=True)
    except ValueError as error:
        message = f"{path} is not JSON: {error}"
        raise UsageError(message) from error
    if not isinstance(found, dict):
        message = f"{path} is not the configuration of a model"
        raise UsageError(message)
    return found


def _sentence(hint: str) -> str:
    return f"{hint}." if hint else ""
