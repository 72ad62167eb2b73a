"""What a plan must know of the world: what is deployed, and which phases are done already."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.apply.hub import resolve
from deployer.apply.modal.listing import phases_of
from deployer.apply.modal.markers import (
    kernels_facts,
    refuse_too_large,
    refuse_unborrowed,
    weights_fact,
)
from deployer.apply.modal.records import Records, find
from deployer.apply.modal.remembering import as_it_was, modal_parameters
from deployer.apply.modal.secrets import named_secrets
from deployer.apply.modal.tags import DIGEST, FILE, PHASE, is_ours, is_owed, made, made_in
from deployer.apply.modal.things import digest_of
from deployer.compile.pin import commits_of, pin
from deployer.errors import Failure
from deployer.plan.deployment import Deployed, PhaseFact, Standing
from deployer.plan.sides import side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.things import AppFacts
    from deployer.behaviour.checkpoints import Checkpoints
    from deployer.release import Release


def look(
    account: Account,
    release: Release,
    records: Records,
    environ: Mapping[str, str] = os.environ,
    given: Checkpoints | None = None,
) -> tuple[Release, Standing]:
    """Ask Modal how things stand, and pin the release to the commit that its revision means now.

    Nothing is changed anywhere. ``given`` is what is known of its repositories. Raises Failure
    where Modal or the hub cannot be asked, where the weights that lie there fit into no GPUs, and
    where they are another environment's and not complete.
    """
    parameters = modal_parameters(release)
    deployed = deployed_now(account, parameters.app, records)
    pinned, notes = _pinned(release, deployed, environ)
    refuse_too_large(account, pinned)
    weights = weights_fact(account, pinned)
    refuse_unborrowed(pinned, weights)
    facts = (weights, *kernels_facts(account, side(pinned, given), deployed))
    facts = (*_waited_for(account, pinned, facts), *_proof_fact(deployed))
    gone = remembered(records, parameters.app, parameters.environment) if not deployed else ()
    notes = (*notes, *gone, *missing_secrets(account, pinned))
    return pinned, Standing(source="modal", deployed=deployed, facts=facts, notes=notes)


def remembered(records: Records, app_name: str, environment: str) -> tuple[str, ...]:
    """Say what is on record here of an app that Modal does not have; nothing where nothing is."""
    with suppress(Failure):  # what cannot be read decides nothing here
        record = records.record(app_name, environment)
        if record is not None and record.when:
            day = dt.datetime.fromtimestamp(record.when, tz=dt.UTC).strftime("%Y-%m-%d")
            was = f"version {record.version} of the app {app_name} is on record here"
            why = "somebody has ended it, or this token is that of another workspace"
            return (f"{was}, deployed on {day}, and Modal has no such app: {why}",)
    return ()


def counted(account: Account, app: AppFacts) -> int:
    """Count the containers of an app; one that is stopped has none, and nobody is asked."""
    return len(account.containers(app.id)) if app.state != "stopped" else 0


def deployed_now(
    account: Account,
    app_name: str,
    records: Records,
) -> Deployed | None:
    """Say what is deployed as an app; None where nothing ever was.

    What a phase of an apply runs in has the name of the app, and is no deployment of it.
    """
    app = account.app(app_name)
    if app is None:
        return None
    history = account.history(app)
    current = next((entry for entry in history if entry.current), None)
    tags = account.tags(app)
    if current is None and tags.get(PHASE):
        return None
    digest = digest_of(current, history) or tags.get(DIGEST, "")
    version = current.version if current else app.version
    release = find(account, records, app_name, digest) if digest else None
    if release is None and not is_ours(tags):
        digest = ""  # whatever its version's tag is: whoever deployed it has tags of their own
    return Deployed(
        release=release,
        digest=digest,
        app=app_name,
        environment=account.environment,
        version=version,
        state=app.state,
        who=current.deployed_by if current else app.deployed_by,
        when=current.deployed_at if current else app.deployed_at,
        commit=current.commit if current else "",
        dirty=current.dirty if current else False,
        url="",
        containers=counted(account, app),
        file=tags.get(FILE, ""),
        owed=app.state == "deployed" and is_owed(tags, digest, version),
    )


def _waited_for(
    account: Account, release: Release, facts: tuple[PhaseFact, ...]
) -> tuple[PhaseFact, ...]:
    """Say of each phase that is not done where an apply that is gone has left it running."""
    if all(fact.done for fact in facts):
        return facts
    begun = phases_of(account, modal_parameters(release).app)
    running = {made_in(one.tags): one.id for one in begun}

    def said(fact: PhaseFact) -> PhaseFact:
        of = next((one for one in release.each_shape() if one.shape == fact.shape), release)
        left = running.get(made(fact.phase, of))
        if fact.done or left is None:
            return fact
        words = f"{fact.reason}; what another apply began still runs, and is waited for ({left})"
        return replace(fact, reason=words)

    return tuple(map(said, facts))


def as_deployed(
    account: Account, release: Release, records: Records
) -> tuple[Release, tuple[str, ...]]:
    """Pin a release to the commit that its branch was when it was deployed; asks no hub.

    Where every commit is known nothing is asked at all.
    """
    if all(source.commit for source in release.sources()):
        return release, ()
    return as_it_was(release, deployed_now(account, modal_parameters(release).app, records))


def missing_secrets(account: Account, release: Release) -> tuple[str, ...]:
    """Say which secrets of a release are not there, or lack their variable."""
    found = (
        (one, account.secret_problem(one.name, *one.variables)) for one in named_secrets(release)
    )
    return tuple(f"secret `{one.name}`: {problem}" for one, problem in found if problem)


def _proof_fact(deployed: Deployed | None) -> tuple[PhaseFact, ...]:
    """Say whether what is deployed is to be verified still, whoever deployed it, from wherever."""
    if deployed is None or not deployed.owed:
        return ()
    reason = f"{deployed.words} was deployed, and was not seen to keep its promises yet"
    return (PhaseFact("verify", done=False, reason=reason),)


def _pinned(
    release: Release, deployed: Deployed | None, environ: Mapping[str, str]
) -> tuple[Release, tuple[str, ...]]:
    pinned = pin(release, lambda source: resolve(source.repo, source.revision, environ))
    before = commits_of(deployed.release) if deployed and deployed.release else (lambda _: "")
    moved = (
        f"`{now.revision}` of {now.repo} has moved: it is {now.commit} now, and was {was}"
        for now in pinned.sources()
        if now.commit != now.revision and (was := before(now)) and was != now.commit
    )
    return pinned, tuple(moved)
