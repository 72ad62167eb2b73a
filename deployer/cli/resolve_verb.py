"""`deployer resolve`: what SGLang itself makes of a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import profiles, releases
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.say import show, show_as

if TYPE_CHECKING:
    from deployer.compile.case import Case


@click.command("resolve")
@click.argument("path", metavar="PROFILE", shell_complete=profiles)
@click.option(
    "--engine",
    "version",
    shell_complete=releases,
    help="Ask this release instead of the profile's.",
)
@click.option(
    "--model-config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The model's config.json, where it is not on this machine.",
)
@click.option("--all", "everything", is_flag=True, help="Show what stays as it is, too.")
@FORM
@notes_options
@environment_option
def command(
    path: str, version: str | None, model_config: Path | None, form: str, *, everything: bool
) -> int:
    """Let SGLang resolve a profile's arguments, as if on the profile's GPUs.

    Shows what it would fill in, change and warn about. It reads the model's config and nothing
    else: no GPU, no weights, no network, and never the API key; it says what this system keeps the
    engine from, and which variables of the profile it did not get.

    Of a deployment of several shapes each is asked for. `deployer engine install VERSION` puts a
    release in place. Exits 1 when SGLang refuses.
    """
    from deployer.cli.reading import colored_stdout  # noqa: PLC0415 - only when used
    from deployer.engine.jail import find_jail  # noqa: PLC0415
    from deployer.engine.model_config import model_config as find_config  # noqa: PLC0415
    from deployer.engine.overlay import find_interpreter  # noqa: PLC0415
    from deployer.engine.resolution import resolution  # noqa: PLC0415
    from deployer.engine.resolve import ask  # noqa: PLC0415
    from deployer.report.resolution import text, to_json  # noqa: PLC0415

    case, stated = _case(path, version)
    release = case.release
    engine = find_interpreter(release.engine.version)
    locked = None if case.lock is None else case.lock.of("model")
    config = find_config(release.model, given=model_config, locked=locked)
    found = []
    for shape in release.each_shape():  # each has an environment of its own
        (answer,) = ask(engine, [shape], config, jail=find_jail())
        found.append(resolution(shape, answer, engine=engine, stated=stated, model=config.source))
    if form == "json":
        show(to_json(found, everything=everything), end="")
    else:
        show_as("text", text(found, everything=everything, color=colored_stdout()))
    return 0 if all(each.accepted for each in found) else 1


def _case(path: str, version: str | None) -> tuple[Case, str]:
    """Read, check and compile the profile, for another release if asked; and name its own.

    For another release the fields are respelt, and `engine.args` stay.
    """
    from deployer.cli.reading import read_case  # noqa: PLC0415
    from deployer.engine.overlay import check_release  # noqa: PLC0415

    case = read_case(path)
    stated = case.profile.engine.version
    if version is not None and version != stated:
        check_release(version)
        case = _for(version, case)
    return case, stated


def _for(version: str, case: Case) -> Case:
    from deployer.compile.case import Case  # noqa: PLC0415 - only for another release

    engine = case.profile.engine.model_copy(update={"version": version})
    others = tuple(_for(version, other) for other in case.others)
    return Case(case.profile.model_copy(update={"engine": engine}), lock=case.lock, others=others)
