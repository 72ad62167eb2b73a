"""`deployer check`: what is wrong with profiles."""

from __future__ import annotations

import click


@click.command("check")
@click.argument("profiles", nargs=-1, required=True, metavar="PROFILE...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
def command(profiles: tuple[str, ...], form: str, *, strict: bool) -> int:
    """Find what is wrong with profiles, without an account, a GPU or a network.

    Exits 0 when all are fine, 1 when one is not.
    """
    from deployer.cli.reading import colored_stdout, read_checked  # noqa: PLC0415
    from deployer.report.findings import text, to_json  # noqa: PLC0415

    checked = [read_checked(path) for path in profiles]
    findings = tuple(finding for one in checked for finding in one.findings)
    if form == "json":
        click.echo(to_json(findings), nl=False)
    elif findings:
        click.echo(text(findings, color=colored_stdout()), nl=False)
    if form == "text":
        for one in checked:
            if not one.findings:
                click.echo(f"{one.path}: fine")
    return int(any(one.wrong(strict=strict) for one in checked))
