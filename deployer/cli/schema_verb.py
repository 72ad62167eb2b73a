"""`deployer schema`: what editors complete and check profiles with."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of a profile, for editors.

    Name it in a profile's first line: `# yaml-language-server: $schema=PATH`.
    """
    from deployer.profile.schema import schema_text  # noqa: PLC0415

    click.echo(schema_text(), nl=False)
