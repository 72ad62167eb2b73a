"""`deployer canary`: how often an endpoint is right."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.notes import notes_options
from deployer.cli.number import Number
from deployer.cli.patient import TIMEOUT
from deployer.cli.say import show_as, tell
from deployer.cli.whom import whom
from deployer.errors import Failure
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.measure.canary.score import Score
    from deployer.measure.run import Subject
    from deployer.release import Release


@click.command("canary")
@whom
@click.option(
    "--questions", type=click.Choice(["general", "tiny"]),
    help="Which set; by default `tiny` for the builtin model, and `general` for others.",
)  # fmt: skip
@click.option(
    "--min",
    "least",
    type=Number(min=0, max=1),
    help="The share that must be right; by default as `objectives` of the profile says.",
)
@FORM
@notes_options
@TIMEOUT
@environment_option
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    profile: str | None,
    url: str | None,
    model: str | None,
    key_env: str | None,
    questions: str | None,
    least: float | None,
    form: str,
) -> int:
    """Ask an endpoint fixed questions whose answers can be checked, and count the right ones.

    Wrong KV dtypes and broken kernels answer 200 with worse answers. The set is small and never
    changes: arithmetic, JSON, tool choice, a line in a long text, and code that is run in a jail.
    The score is kept with the release's digest and held against the best former one. Exits 1 if
    the score is below `--min`, or worse than that one beyond chance.
    """
    from deployer.cli.benching import Asked, objectives_of, subject_of  # noqa: PLC0415 - as needed
    from deployer.report.canary import text, to_json  # noqa: PLC0415 - as above

    stated = objectives_of(profile) if least is None else None
    least = stated.accuracy_min if stated else least
    subject, release = subject_of(Asked(profile, url, model, key_env, None))
    found, before = scored(subject, release, questions)
    show_as(form, (to_json if form == "json" else text)(found, before, least))
    low = least is not None and found.share < least
    return 1 if low or (before is not None and found.worse(before)) else 0


def scored(
    subject: Subject, release: Release | None, questions: str | None
) -> tuple[Score, Score | None]:
    """Ask, keep the score, and give it with the best former one."""
    from deployer.apply.measured import best, keep  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.progress import PhaseLines  # noqa: PLC0415 - as above
    from deployer.engine.jail import find_jail  # noqa: PLC0415 - as above
    from deployer.event import Event  # noqa: PLC0415 - as above
    from deployer.measure.canary.general import general  # noqa: PLC0415 - as above
    from deployer.measure.canary.score import score  # noqa: PLC0415 - as above
    from deployer.measure.canary.tiny import tiny  # noqa: PLC0415 - as above

    own = release is not None and release.model.source == "builtin"
    chosen = tiny() if (questions or ("tiny" if own else "general")) == "tiny" else general()
    with PhaseLines() as lines:
        started = time.monotonic()

        def tell_progress(done: int, number: int) -> None:
            said = f"{done} of {number} questions"
            lines.tell(Event(time.time(), "canary", "progress", said, time.monotonic() - started))

        found = score(subject, chosen, find_jail(), on_progress=tell_progress)
        said = f"{found.asked - found.unanswered} of {found.asked} questions answered"
        lines.tell(Event(time.time(), "canary", "done", said, time.monotonic() - started))
    if release is None or not subject.digest:
        return found, None
    before = best(found, os.environ)
    try:
        keep(found, os.environ)
    except Failure as failure:
        tell(f"The score could not be kept: {visible(failure.message)}.")
    return found, before
