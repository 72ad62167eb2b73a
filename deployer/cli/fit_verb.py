"""`deployer fit`: what one GPU's memory holds, and how many tokens that leaves."""

from __future__ import annotations

import click

from deployer.cli.completing import profiles
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.number import Number
from deployer.cli.renamed import Renamed
from deployer.cli.say import show_as
from deployer.errors import Failure
from deployer.facts.gpus import GPUS


@click.command("fit")
@click.argument("path", metavar="PROFILE", shell_complete=profiles)
@click.option("--gpu", type=click.Choice(sorted(GPUS)), help="What if it ran on this GPU.")
@click.option(
    "--mem-fraction",
    type=Number(0, 1, min_open=True, max_open=True),
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
@FORM
@notes_options
@environment_option
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
    from deployer.cli.configs import read_checkpoint  # noqa: PLC0415
    from deployer.cli.reading import read_readable  # noqa: PLC0415 - only when used
    from deployer.fit.fit import fit  # noqa: PLC0415
    from deployer.report.fit import text, to_json  # noqa: PLC0415

    case = read_readable(path)
    release, known = case.release, case.checkpoints.model
    given = known if config is None else read_checkpoint(config, release.model.repo)
    fits = []
    for shape in release.each_shape()[: 1 if gpu else None]:
        found = fit(shape, checkpoint=given, gpu=gpu or "", fraction=mem_fraction)
        if isinstance(found, NoEstimate):
            on = f" on {shape.hardware}" if release.shapes else ""
            msg = f"there is no estimate{on}: {found.reason}"
            raise Failure(msg, hint=found.hint)
        fits.append((shape.name, found))
    shown = to_json if form == "json" else text
    show_as(form, shown(*fits[0], fits[1:]))
    return 0 if all(found.pool is not None for _, found in fits) else 1
