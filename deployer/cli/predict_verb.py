"""`deployer predict`: how fast a profile would be, asked of NVIDIA's aiconfigurator."""

from __future__ import annotations

import click

from deployer.cli.completing import profiles
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.number import Number
from deployer.cli.say import show_as


@click.command("predict")
@click.argument("profile", metavar="PROFILE", shell_complete=profiles)
@click.option(
    "--input", "inputs", type=click.IntRange(min=1), default=4000, help="Tokens of a prompt."
)
@click.option(
    "--output", "outputs", type=click.IntRange(min=2), default=1000, help="Tokens of an answer."
)
@click.option(
    "--concurrency", type=click.IntRange(min=1), default=32, help="Requests at a time, a container."
)
@click.option(
    "--accept-length",
    type=Number(min=1),
    help='Tokens of a step with speculation, as the log has it ("accept len").',
)
@FORM
@notes_options
@environment_option
def command(
    profile: str,
    inputs: int,
    outputs: int,
    concurrency: int,
    accept_length: float | None,
    form: str,
) -> int:
    """Predict time to the first token, time per token, tokens a second, and dollars a million.

    Nothing is run and nobody is asked: NVIDIA's aiconfigurator reckons it from its tables, and each
    figure is shown with what published runs near it had, or with no band where there are none. Of a
    deployment of several shapes each is predicted. It is optional: where it is missing, the verb
    says how to install it.
    """
    from deployer.cli.pricing import prices  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.reading import read_release  # noqa: PLC0415 - as above
    from deployer.predict.predict import predict  # noqa: PLC0415 - as above
    from deployer.predict.question import Workload  # noqa: PLC0415 - as above
    from deployer.report.prediction import text, to_json  # noqa: PLC0415 - as above

    release = read_release(profile)
    work = Workload(inputs, outputs, concurrency, accept_length)
    found = [predict(shape, work, prices()) for shape in release.each_shape()]
    show_as(form, to_json(found) if form == "json" else text(found))
    return 0
