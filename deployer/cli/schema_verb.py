"""`deployer schema`: what editors complete and check profiles with."""

from __future__ import annotations

import click

from deployer.cli.say import show


@click.command("schema")
@click.option("--part", is_flag=True, help="For what `extends` a file, and for that file.")
def command(*, part: bool) -> None:
    """Print the JSON Schema of a profile, for editors.

    Name it in a profile's first line: `# yaml-language-server: $schema=PATH`.
    """
    from deployer.profile.schema import schema_text  # noqa: PLC0415

    show(schema_text(part=part), end="")
