"""`deployer explain`: what a check finds or a failure means, what to write, where it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.completing import checks
from deployer.cli.say import show_as
from deployer.errors import UsageError

if TYPE_CHECKING:
    from deployer.check import pages


@click.command("explain")
@click.argument("check_id", metavar="[ID]", shell_complete=checks, required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="`markdown` is the page of the documentation.",
)
def command(check_id: str | None, form: str) -> int:
    """Say what a check finds, why that hurts, and what to write instead.

    An ID may be that of a failure, too, as `diagnose` names it. Without one, lists every check with
    its severity and what it finds.
    """
    if check_id is not None and (said := _failure(check_id, form)):
        show_as(form, said)
        return 0
    from deployer.check import pages  # noqa: PLC0415 - reads every check
    from deployer.cli.reading import colored_stdout  # noqa: PLC0415
    from deployer.report import pages as report  # noqa: PLC0415

    found = pages.pages() if check_id is None else (_page(check_id),)
    if form == "json":
        said = report.to_json(found)
    elif check_id is None:
        markdown = form == "markdown"
        said = report.index(found) if markdown else report.table(found, color=colored_stdout())
    elif form == "markdown":
        said = report.markdown(found[0])
    else:
        said = report.text(found[0], color=colored_stdout())
    show_as(form, said)
    return 0


def _failure(name: str, form: str) -> str:
    """Say what is known of a failure of that name; '' where there is none."""
    from deployer.check.pages import known  # noqa: PLC0415 - only for an id

    if name in known():
        return ""
    from deployer.diagnose.catalogue import SIGNATURES  # noqa: PLC0415 - only for what is no check
    from deployer.report import diagnosis  # noqa: PLC0415 - as above

    found = [signature for signature in SIGNATURES if signature.name == name]
    if not found:
        return ""
    if form == "json":
        return diagnosis.signatures_json(found)
    of = {"markdown": diagnosis.signature_markdown, "text": diagnosis.signature_text}
    return of[form](found[0])


def _page(check_id: str) -> pages.Page:
    """Give the page of an id; raises UsageError where there is none."""
    from deployer.check import choice, pages  # noqa: PLC0415

    try:
        return pages.page(check_id)
    except KeyError as error:
        from deployer.diagnose.catalogue import SIGNATURES  # noqa: PLC0415 - only for a mistake

        msg = f"there is no check and no failure `{check_id}`"
        failures = (signature.name for signature in SIGNATURES)
        near = choice.near(check_id, (*pages.known(), *failures))
        hint = f"Did you mean {' or '.join(near)}?" if near else "`deployer explain` lists them"
        if not near and "." in check_id:
            hint += ". What a key of a profile means is in what `deployer schema` prints"
        raise UsageError(msg, hint=hint) from error
