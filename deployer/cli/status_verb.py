"""`deployer status`: what is deployed on this machine."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deployer.apply.local.status import LocalStatus

BAD = frozenset({"failed", "dead", "unreadable"})


@click.command("status")
@click.argument("name", required=False, metavar="[NAME|PROFILE]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(name: str | None, form: str) -> int:
    """Show what is deployed on this machine, from what is on record.

    Exits 1 if a deployment failed or died.
    """
    from deployer.apply.local.status import status  # noqa: PLC0415
    from deployer.cli.naming import deployment_name  # noqa: PLC0415

    found = status(deployment_name(name) if name else None)
    if form == "json":
        click.echo(_json(found), nl=False)
    elif found:
        click.echo("\n".join(_text(one) for one in found))
    else:
        click.echo("Nothing is deployed on this machine.")
    return int(any(one.state in BAD for one in found))


def _text(one: LocalStatus) -> str:
    rows = [
        ("state", one.state + (", verified" if one.verified and one.state == "serving" else "")),
        ("endpoint", f"{one.url}/v1" if one.url else ""),
        ("model", one.model),
        ("engine", one.engine),
        ("since", _moment(one.since)),
        ("process", str(one.pid or "")),
        ("profile", one.profile),
        ("release", one.digest[:12]),
        ("last word", one.message),
    ]
    return f"{one.name}\n" + "\n".join(f"  {key:<9} {value}" for key, value in rows if value)


def _moment(seconds: float) -> str:
    if not seconds:
        return ""
    return dt.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def _json(found: tuple[LocalStatus, ...]) -> str:
    from deployer.codec import encode  # noqa: PLC0415

    value = {"format_version": 1, "deployments": encode(found)}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
