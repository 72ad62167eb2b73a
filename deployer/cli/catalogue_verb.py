"""`deployer catalogue`: the releases of the engine whose flags are known."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.forms import FORM, result
from deployer.cli.say import tell
from deployer.errors import UsageError


@click.group("catalogue")
def command() -> None:
    """Add a release of SGLang that came out after this version of deployer, or list what is known.

    A catalogue holds every flag of a release, with types, choices and defaults.
    """


@command.command("add")
@click.argument("versions", nargs=-1, metavar="VERSION...")
@click.option(
    "--wheel",
    "wheels",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=False),
    help="Read this wheel on this machine, and ask no package index; repeatable.",
)
@FORM
def add_command(versions: tuple[str, ...], wheels: tuple[Path, ...], form: str) -> int:
    """Read the published wheel of SGLang VERSION, and remember every flag of it.

    The wheel comes from the package index that pip is set up for (5 to 40 MB). It is read as a
    zip: nothing of it is installed or run. The catalogue goes into a folder of yours, so that
    other machines, CI among them, need the same command.
    """
    from deployer.catalogue.own import NEVER_PROVEN, add  # noqa: PLC0415 - only for this verb

    if not versions and not wheels:
        message = "there is no release to add"
        raise UsageError(message, hint="Give a VERSION such as 0.5.24, or --wheel FILE")
    added = add(versions, wheels, tell=lambda text: tell(f"… {text}"))

    def text() -> str:
        return "\n".join(
            f"SGLang {one.version} is known now: {one.options} options ({one.path})"
            for one in added
        )

    result(form, {"added": added}, text)
    tell(f"Note: {NEVER_PROVEN}.")
    return 0


@command.command("list")
@FORM
def list_command(form: str) -> int:
    """List the releases that are known, and where from."""
    from deployer.catalogue.own import own  # noqa: PLC0415 - only for this verb
    from deployer.facts.sglang.catalogue import own_folder, shipped  # noqa: PLC0415

    def text() -> str:
        with_us = [f"{version}  shipped with deployer" for version in shipped()]
        return "\n".join([*with_us, *(f"{each}  yours, in {own_folder()}" for each in own())])

    result(form, {"shipped": shipped(), "own": own(), "folder": str(own_folder())}, text)
    return 0


@command.command("remove")
@click.argument("version")
@FORM
def remove_command(version: str, form: str) -> int:
    """Forget a release that `catalogue add` added."""
    from deployer.catalogue.own import remove  # noqa: PLC0415 - only for this verb
    from deployer.facts.sglang.catalogue import own_folder  # noqa: PLC0415

    if not remove(version):
        message = f"no catalogue of SGLang {version} was added to {own_folder()}"
        raise UsageError(message, hint="`deployer catalogue list` shows what is known")
    result(form, {"removed": version}, lambda: f"SGLang {version} is forgotten")
    return 0
