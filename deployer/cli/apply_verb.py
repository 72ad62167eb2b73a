"""`deployer apply`: carry a profile out."""

from __future__ import annotations

from dataclasses import replace

import click
from click.core import ParameterSource

from deployer.cli.completing import profiles
from deployer.cli.forms import FORM
from deployer.cli.key_variable import KEY_ENV, settle
from deployer.cli.layers import environment_option
from deployer.cli.manner import Manner
from deployer.cli.notes import notes_options
from deployer.cli.patient import TIMEOUT
from deployer.cli.target import carrier
from deployer.errors import UsageError


@click.command("apply")
@click.argument(
    "words", nargs=-1, required=True, metavar="PROFILE...|PLAN.json", shell_complete=profiles
)
@click.option("--yes", "-y", is_flag=True, help="Install the engine, or spend, without asking.")
@click.option(
    "--take-over",
    is_flag=True,
    help="Replace what another file deployed, or what is not deployer's.",
)
@click.option(
    "--verify/--no-verify", default=True, help="On Modal: wait for the server and verify it."
)
@click.option("--bench", is_flag=True, help="Then put load on it, as `objectives` says.")
@click.option("--canary", is_flag=True, help="Then ask it the canary's questions.")
@click.option(
    "--rollback-on-failure", "rollback", is_flag=True,
    help="Go back to the release before where a promise or an objective is not kept.",
)  # fmt: skip
@click.option("--evidence", is_flag=True, help="Write what the release showed beside its profile.")
@click.option(
    "--rehearse", is_flag=True,
    help="Start it once with noise for weights, under another name, and take it away.",
)  # fmt: skip
@click.option(
    "--here", is_flag=True,
    help="Rehearse on this machine's CPU: a tiny model of the same architecture.",
)  # fmt: skip
@click.option(
    "--rehearse-minutes", "minutes", type=click.IntRange(min=1, max=240), default=30,
    show_default=True, help="How long the start of a rehearsal may take.",
)  # fmt: skip
@click.option(
    "--candidate", is_flag=True,
    help="On Modal: prove it beside the live app first, and promote it only then.",
)  # fmt: skip
@click.option(
    "--candidate-minutes", "bound", type=click.IntRange(min=1, max=1440),
    help="How long a candidate may be there; by default its start-up budget and half an hour.",
)  # fmt: skip
@click.option(
    "--digest", default="", metavar="SHA256", help="Carry out this plan only; `plan -o` prints it."
)
@KEY_ENV
@FORM
@notes_options
@TIMEOUT
@environment_option
def command(  # noqa: PLR0913 - the options of the verb
    words: tuple[str, ...],
    digest: str,
    key_env: str | None,
    form: str,
    *,
    yes: bool,
    take_over: bool,
    verify: bool,
    bench: bool,
    canary: bool,
    rollback: bool,
    evidence: bool,
    rehearse: bool,
    here: bool,
    minutes: int,
    candidate: bool,
    bound: int | None,
) -> int:
    """Carry a profile out: on this machine, or on Modal; or a plan that `plan -o` wrote.

    On Modal it downloads the weights, compiles the kernels, deploys, waits and verifies, each only
    where it is needed, after saying what changes and what it costs. A failed phase is where the
    next apply goes on. Applying the same profile again does nothing. Exits 1 if the server does
    not keep every promise of its profile, or misses one of its `objectives`.

    What the profile of another file deployed under the same name or app, and what is up, is only
    replaced after asking, and so is an app that is not deployer's: --yes alone does not agree to
    it, --take-over does.
    """
    from deployer.cli.many import each, meant  # noqa: PLC0415

    words = meant(words)
    if digest and len(words) > 1:
        message = "--digest pins one plan, and there are several words"
        raise UsageError(message, hint="carry that plan out by itself")
    manner = Manner(
        form,
        yes=yes,
        take_over=take_over,
        verify=verify,
        bench=bench,
        canary=canary,
        rollback=rollback,
        candidate=candidate,
        minutes=bound,
    )
    _refuse_candidate(manner, rehearse=rehearse)
    if evidence and (not verify or any(word.endswith(".json") for word in words)):
        message = "--evidence writes what a verified release showed, beside its profile"
        raise UsageError(message, hint="give the profile, and leave --no-verify out")
    if rehearse and (bench or canary or rollback or evidence or not verify):
        message = "a rehearsal has no weights, so nothing but its start and its form is judged"
        raise UsageError(message, hint="give --rehearse without what measures or goes back")
    if rehearse and digest:
        message = "--digest pins a plan, and a rehearsal makes its own"
        raise UsageError(message, hint="give it to the `apply` that comes after the rehearsal")
    if here and not rehearse:
        message = "--here is about a rehearsal: a profile says itself where an apply deploys it"
        raise UsageError(message, hint="add --rehearse, or leave it out")
    if (
        not rehearse
        and click.get_current_context().get_parameter_source("minutes")
        is not ParameterSource.DEFAULT
    ):
        message = "--rehearse-minutes bounds a rehearsal, and this would be an apply"
        raise UsageError(message, hint="add --rehearse, or leave it out")
    _refuse_unwaited(manner)

    def one(word: str) -> int:
        if rehearse:
            return _rehearse(word, manner, minutes, key_env, here=here)
        return _one(word, replace(manner, evidence=word if evidence else ""), digest, key_env)

    return each(words, one, form, changes=True)


def _refuse_unwaited(manner: Manner) -> None:
    """Raise UsageError for what is to be measured of a server that nobody waits for."""
    if not manner.verify and (manner.bench or manner.canary):
        message = (
            "--bench and --canary ask a server that was waited for, and --no-verify does not wait"
        )
        raise UsageError(message, hint="leave --no-verify out, or ask later: `deployer canary`")


def _refuse_candidate(manner: Manner, *, rehearse: bool) -> None:
    """Raise UsageError for options that say otherwise of a candidate."""
    if manner.candidate and (rehearse or not manner.verify):
        message = "a candidate has its weights and is verified before it is promoted"
        raise UsageError(message, hint="give --candidate without --rehearse and --no-verify")
    if manner.minutes is not None and not manner.candidate:
        message = "--candidate-minutes bounds a candidate, and this would be an apply without one"
        raise UsageError(message, hint="add --candidate, or leave it out")


def _one(profile: str, manner: Manner, digest: str, key_env: str | None) -> int:
    from deployer.cli.planning import read  # noqa: PLC0415

    if profile.endswith(".json"):
        from deployer.cli.saved_plan import apply_plan  # noqa: PLC0415 - imports modal

        return apply_plan(profile, manner, digest=digest, key_env=key_env)
    if digest:
        message = "--digest pins a plan, and this is a profile"
        raise UsageError(message, hint="`deployer plan PROFILE -o FILE` writes a plan")
    meant = read(profile)
    if manner.evidence:
        from deployer.cli.evidence import refuse_unwritable_evidence  # noqa: PLC0415 - only then

        refuse_unwritable_evidence(profile)
    return carrier(meant.release.target).apply_profile(meant, manner, key_env)


def _rehearse(
    profile: str, manner: Manner, minutes: int, key_env: str | None, *, here: bool
) -> int:
    from deployer.cli.planning import read  # noqa: PLC0415

    if profile.endswith(".json"):
        message = "a rehearsal is of a profile, and this is a plan"
        raise UsageError(message, hint="give the profile that the plan was made of")
    meant = read(profile)
    settle(meant.release.listen.api_key_variable, profile, key_env)
    target = "local" if here else meant.release.target
    return carrier(target).rehearse_profile(meant, manner, minutes)
