"""`deployer verify`: ask an endpoint for everything that it promises."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import deployments
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.number import Number
from deployer.cli.patient import TIMEOUT_OF_ALL, patience
from deployer.cli.say import show_as, tell
from deployer.errors import Failure, UsageError
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.verify.endpoint import Endpoint
    from deployer.verify.verdict import Verdict

    Remember = Callable[[bool], str]


@click.command("verify")
@click.argument("profile", required=False, metavar="[PROFILE|NAME]", shell_complete=deployments)
@click.option("--url", help="The endpoint's base URL, such as https://host or http://host:8000.")
@click.option("--model", help="The served name; by default the first that /v1/models lists.")
@click.option(
    "--key-env",
    metavar="VARIABLE",
    help="The variable that holds the API key: with --url alone, API_KEY by default; with a "
    "profile, agrees to the one that it names.",
)
@click.option("--probe", "probes", multiple=True, metavar="NAME", help="Only this; repeatable.")
@TIMEOUT_OF_ALL
@click.option(
    "--silence",
    type=Number(min=0, min_open=True),
    default=180.0,
    help="Seconds to wait for an answer, and for each further piece of it.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit"]),
    default="text",
    help="`junit` for CI.",
)
@notes_options
@environment_option
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    profile: str | None,
    url: str | None,
    model: str | None,
    key_env: str | None,
    probes: tuple[str, ...],
    timeout: float,
    silence: float,
    form: str,
) -> int:
    """Ask an endpoint for everything that it promises, with the OpenAI SDK.

    A PROFILE, or the NAME of a deployment, says what is promised and where it is served; on Modal
    this wakes a container. `--url` says another place. With `--url` alone everything is expected.
    Exits 1 if one promise is broken.
    """
    from deployer.cli.reading import colored_stdout  # noqa: PLC0415
    from deployer.report.junit import to_junit  # noqa: PLC0415
    from deployer.report.verdicts import line, summary, to_json  # noqa: PLC0415
    from deployer.verify.run import verify  # noqa: PLC0415
    from deployer.verify.verdict import all_hold  # noqa: PLC0415

    endpoint, remember = _endpoint(profile, url, model, key_env)
    color, encoding = colored_stdout(), getattr(sys.stdout, "encoding", None)

    def each(verdict: Verdict) -> None:
        if form == "text":
            said = line(verdict, color=color, encoding=encoding or "utf-8")
            show_as(form, f"{said}\n")

    verdicts = verify(
        endpoint, timeout=silence, total=timeout, select=probes or None, on_verdict=each
    )
    held = all_hold(verdicts)
    unnoted = "" if probes else _unnoted(remember, verified=held)
    forms = {"json": lambda: to_json(verdicts, unnoted), "junit": lambda: to_junit(verdicts)}
    show_as(form, forms.get(form, lambda: summary(verdicts) + "\n")())
    if unnoted:
        tell(f"{visible(unnoted)}.")
    return 0 if held else 1


def _unnoted(remember: Remember, *, verified: bool) -> str:
    """Keep what was found; gives why that could not be done. What was found holds all the same."""
    try:
        with patience().tidying():  # however long the asking took
            return remember(verified)
    except Failure as failure:
        return f"what was found could not be noted: {failure.message}"


def _forget(_verified: bool) -> str:  # noqa: FBT001 - what was found
    """Remember nothing: what was asked is no deployment of ours that is on record."""
    return ""


def _endpoint(
    profile: str | None, url: str | None, model: str | None, key_env: str | None
) -> tuple[Endpoint, Remember]:
    """Give what is asked, and what keeps what is found."""
    from deployer.cli.reaching import endpoint_at, reach, refuse_model  # noqa: PLC0415

    if profile is None and url is None:
        msg = "there is nothing to ask"
        raise UsageError(msg, hint="Give a PROFILE, the NAME of a deployment, or --url URL")
    refuse_model(profile, model)
    if url is None:
        reached = reach(str(profile), key_env)
        return reached.endpoint, reached.remember
    endpoint, release = endpoint_at(url, profile, model, key_env)
    if release is None:
        keyed = endpoint.api_key is not None
        endpoint = replace(endpoint, thinking=True, tools=True, auth=keyed)
    return endpoint, _forget
