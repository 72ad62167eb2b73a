"""The two forms of a result: words for people, and one JSON object for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from deployer.cli.say import show, show_as

FORM = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text",
    help="Words for people, or one JSON object for programs.",
)  # fmt: skip


def result(form: str, value: Mapping[str, object], text: Callable[[], str]) -> None:
    """Show a result in the form that was asked for."""
    if form == "json":
        from deployer.codec import encode  # noqa: PLC0415 - only for JSON
        from deployer.report.envelope import envelope  # noqa: PLC0415 - as above

        show(envelope({key: encode(one) for key, one in value.items()}), end="")
    else:
        show_as(form, text() + "\n")
