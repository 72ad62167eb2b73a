"""`deployer diff`: what a change of profiles does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import profiles
from deployer.cli.layers import environment_option
from deployer.cli.say import show_as, tell
from deployer.errors import UsageError

if TYPE_CHECKING:
    from deployer.finding import Finding
    from deployer.plan.review import Review


@click.command("diff")
@click.argument("profiles", nargs=-1, metavar="OLD NEW | [PROFILE...]", shell_complete=profiles)
@click.option(
    "--base",
    metavar="GITREF",
    help="Compare the working tree with where it left this branch, tag or commit.",
)
@click.option(
    "--head",
    metavar="GITREF",
    help="With --base: the new side is this commit, not the working tree.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    help="Markdown is ready to be the comment of a pull request.",
)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit 1, too, if anything changes at run time, or in what comments allow.",
)
@environment_option
def command(
    profiles: tuple[str, ...],
    base: str | None,
    head: str | None,
    form: str,
    *,
    exit_code: bool,
) -> int:
    """Show what a change of profiles does: flags, memory, money, restarts.

    Compares two files, or with --base the profiles in the working tree with those of a commit:
    PROFILE names files, folders or patterns; without one, every profile of the repository is
    compared. New, deleted and moved profiles are told as such, and what was compared is named.

    Exits 0 whether or not something changes, 1 when a profile on the new side is not right, and 2
    when there is nothing to compare.
    """
    if head is not None and base is None:
        msg = "--head is about git, so it needs --base too"
        raise UsageError(msg, hint="For example: deployer diff --base main --head my-branch")
    review, findings = _between(*_two(profiles)) if base is None else _since(base, head, profiles)
    from deployer.cli.other_kind import tell_others  # noqa: PLC0415 - only what the verb needs

    _tell(findings)
    tell_others(profiles)
    show_as(form, _text(review, form))
    return int(review.wrong or (exit_code and review.changed))


def _two(profiles: tuple[str, ...]) -> tuple[str, str]:
    if len(profiles) != 2:  # noqa: PLR2004 - the old and the new
        msg = "it takes two files to compare, OLD and NEW"
        raise UsageError(msg, hint="Or compare with a commit: `deployer diff --base main`")
    return profiles[0], profiles[1]


def _between(old: str, new: str) -> tuple[Review, list[Finding]]:
    from deployer.cli.diff_sides import reviewed  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.evidence import read_evidence  # noqa: PLC0415 - as above
    from deployer.cli.git_profiles import Pair, Text  # noqa: PLC0415 - as above
    from deployer.cli.layers import read_profile  # noqa: PLC0415 - as above
    from deployer.cli.locks import read_lock  # noqa: PLC0415 - as above
    from deployer.plan.review import review  # noqa: PLC0415 - as above
    from deployer.profile.layers import Layered, own  # noqa: PLC0415 - as above

    texts = (
        Text(
            file,
            own(whole := read_profile(file)),
            lock=read_lock(file),
            evidence=read_evidence(file),
            layers=whole if isinstance(whole, Layered) else None,
        )
        for file in (old, new)
    )
    pair = Pair(*texts)
    found, findings = reviewed([pair])
    return review(found), findings


def _since(ref: str, head: str | None, profiles: tuple[str, ...]) -> tuple[Review, list[Finding]]:
    from deployer.cli import git  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.diff_sides import reviewed  # noqa: PLC0415 - as above
    from deployer.cli.git_profiles import compared  # noqa: PLC0415 - as above
    from deployer.plan.review import Against, review  # noqa: PLC0415 - as above

    repo = git.repository()
    new = None if head is None else git.head(repo, head)
    base = git.base(repo, ref, new or "HEAD")
    if base.note:
        tell(f"note: {base.note}")
    both = compared(repo, base, profiles, new)
    for reason in both.passed:
        tell(f"note: not taken for a profile: {reason}")
    found, findings = reviewed(both.pairs, both.beside)
    made = review(found, Against(ref, base.commit, new or ""), both.how)
    return replace(made, remarks=both.scope), findings


def _tell(findings: list[Finding]) -> None:
    """Say what is wrong on the new side; stdout has the diff."""
    if findings:
        from deployer.cli.reading import colored_stderr  # noqa: PLC0415
        from deployer.report.findings import text  # noqa: PLC0415

        tell(text(findings, color=colored_stderr()), end="")


def _text(review: Review, form: str) -> str:
    if form == "json":
        from deployer.report.review_json import to_json  # noqa: PLC0415

        return to_json(review)
    if form == "markdown":
        from deployer.report.review_markdown import markdown  # noqa: PLC0415

        return markdown(review)
    from deployer.report.review_text import text  # noqa: PLC0415

    return text(review)
