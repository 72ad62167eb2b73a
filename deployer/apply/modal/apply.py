"""Carries out a plan on Modal: weights, kernels, deploy, wait, verify, each only where needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.apply.hub import list_files, manifest_of
from deployer.apply.modal import early, remote
from deployer.apply.modal.address import refuse_open, refuse_unnamed
from deployer.apply.modal.app import PARTS, build_app
from deployer.apply.modal.image_build import in_its_own_words, seldom
from deployer.apply.modal.interrupted import telling, though
from deployer.apply.modal.listing import phases_of
from deployer.apply.modal.locked import alone, refuse_held, whole
from deployer.apply.modal.markers import (
    kernels_fact,
    refuse_unborrowed,
    volume_folder,
    weights_fact,
)
from deployer.apply.modal.part_run import (
    COMPILATION,
    DOWNLOAD,
    IMAGE,
    KEY,
    Carried,
    Sharing,
    attach,
    comparison,
    run_part,
)
from deployer.apply.modal.parts import DEFAULT_PARTS, Parts
from deployer.apply.modal.proof import publish as publish_proof
from deployer.apply.modal.proof import tried
from deployer.apply.modal.proxy_token import headers_for
from deployer.apply.modal.records import Record, publish
from deployer.apply.modal.rpc import told
from deployer.apply.modal.shares import shares_of
from deployer.apply.modal.tags import DIGEST, Made, made, made_in, proven, short_digest
from deployer.apply.modal.things import now_kept
from deployer.apply.modal.wait import BOOT, Told, wait_until_healthy
from deployer.apply.patience import current
from deployer.apply.phases import Phases, PhaseTime
from deployer.behaviour.windows import kept_at
from deployer.diagnose.boot import slower
from deployer.diagnose.words import slow
from deployer.errors import Failure, NotReached
from deployer.event import Event
from deployer.fit.beside import beside
from deployer.plan.candidate import PHASE as CANDIDATE
from deployer.plan.sides import side
from deployer.plan.standing import DEPLOYED
from deployer.plan.writers import containers
from deployer.serve.memory import heard, of_each
from deployer.serve.weights.manifest import Manifests
from deployer.verify.endpoint import Endpoint
from deployer.verify.verdict import Outcome, all_hold

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.locked import Held
    from deployer.apply.modal.part_run import Part
    from deployer.apply.modal.records import Records
    from deployer.apply.modal.things import AppFacts, ListedApp, ServerFacts
    from deployer.diagnose.boot import Boot, Slower
    from deployer.lock.lock import Lock
    from deployer.plan.deployment import PhaseFact, Plan
    from deployer.release import Release
    from deployer.verify.verdict import Verdict


LEFT = {
    DOWNLOAD.phase: "a download",
    COMPILATION.phase: "a compilation",
    IMAGE: "a build of the image",
    KEY: "a comparison of the key",
    CANDIDATE: "a candidate",
}

Prove = Callable[[Path, "ListedApp | None"], str]
"""Proves a candidate, from the release's file or from what an apply that is gone has left of it.

Gives what to say of it; raises what keeps it from being promoted."""

ON = "`deployer apply` again goes on from what there is"

ON_AGAIN = "the same command again goes on from what there is"

DEPLOYING = 3600.0
"""Seconds that a deployment may take: an image of the engine that is not there yet is built in it
(about 20 GB to fetch and unpack)."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an apply: ``outcome`` is ``deployed``, ``verified`` or ``unchanged``.

    ``verified`` is None where nobody asked the server. ``unnoted`` says why what was found could
    not be written where other machines read it, '' where it was. ``memory`` is what is on record of
    what the engine said of its memory at its start, and how that stands beside what was reckoned.
    ``shape`` is the one of several that answered first, '' where it was not told.
    """

    name: str
    app: str
    outcome: str
    url: str
    version: int
    digest: str
    verified: bool | None
    verdicts: tuple[Verdict, ...] = ()
    sample: str = ""
    phases: tuple[PhaseTime, ...] = ()
    unnoted: str = ""
    memory: str = ""
    shape: str = ""


class Pipeline:
    """The phases of one apply; each looks at the world first, and may be run again at any time."""

    def __init__(  # noqa: PLR0913, PLR0917 - what an apply consists of
        self,
        account: Account,
        records: Records,
        release: Release,
        on_event: Callable[[Event], None],
        parts: Parts = DEFAULT_PARTS,
        lock: Lock | None = None,
        prove: Prove | None = None,
    ) -> None:
        if release.modal is None:
            message = f"`{release.name}` is not for Modal"
            raise Failure(message)
        self._account = account
        self._records = records
        self._release = release
        self._parameters = release.modal
        self._parts = parts
        self._lock = lock
        self._phases = Phases(on_event, parts)
        self._prove = prove

    def run(self, plan: Plan, key: str | None) -> Applied:
        """Carry out a plan; with ``key`` None the server is neither waited for nor verified.

        Nobody else changes the app meanwhile. Before each step that costs or replaces it is looked
        at again, and Failure says what has moved since the plan. A failure names its phase. What
        the phases before it did stays, so the next apply goes on where this one ended.
        """
        app = self._parameters.app
        with (
            alone(self._account, app, "an apply", self._parts.tell) as held,
            telling(self._account, app, self._parts),
        ):
            return self._run(plan, key, held)

    def prove(self, key: str | None, outcome: str, version: int = 0) -> Applied:
        """Wait for what is deployed already, and verify it; with ``key`` None only say what it is.

        ``outcome`` is what became of it before, ``version`` the one that it must be; 0 for any.
        """
        with though(f"the app {self._parameters.app} is {outcome}", ON_AGAIN):
            app, url = self._deployed()
        if version:
            _refuse_another(version, self._release.name, app)
        record = self._record(app, url)
        if key is None:
            return self._applied(record, outcome, None)
        self._compare(key, self._records.keep_release(self._release))
        self._owe(app)
        return self._proven(app, record, key, outcome)

    def _owe(self, app: AppFacts) -> None:
        """Let the deployment say that its promises are to be seen, before they are looked for."""
        tags = self._account.tags(app)
        owed = proven(tags, short_digest(self._release), app.version, 0.0)
        if owed != tags:
            self._account.set_tags(app, owed)

    def _run(self, plan: Plan, key: str | None, held: Held) -> Applied:
        runs = {phase.phase for phase in plan.phases if phase.runs}
        file = self._records.keep_release(self._release)
        left = self._left(runs)
        if key:
            self._compare(key, file)
        if "weights" in runs:
            refuse_unborrowed(self._release, self._weights())
            self._prepare(DOWNLOAD, self._release, plan, held, left)
        for shape in self._release.each_shape():
            if self._compiles(shape, plan):
                self._prepare(COMPILATION, shape, plan, held, left)
        if CANDIDATE in runs and self._prove is not None:
            with self._phases.phase(CANDIDATE, "the same release beside the live app") as phase:
                self._look_again(plan, held)
                phase.result = self._prove(file, left.get((CANDIDATE, short_digest(self._release))))
        if "deploy" in runs:
            self._deploy(file, plan, held, owed=key is not None)
        published = f"version {plan.version} is published"
        with though(published, ON) if "deploy" in runs else nullcontext():
            app, url = self._deployed()
        _refuse_another(plan.version, plan.name, app)
        record = replace(self._record(app, url), file=_file(plan))
        if key is None:
            self._records.keep(record)
            return self._applied(record, "deployed" if "deploy" in runs else "unchanged", None)
        outcome = "deployed" if plan.deploys else "verified"
        return self._proven(app, record, key, outcome, back=_back(plan), tells=plan.deploys)

    def _proven(
        self,
        app: AppFacts,
        record: Record,
        key: str,
        outcome: str,
        *,
        back: str = "",
        tells: bool = False,
    ) -> Applied:
        old = self._records.record(record.app, record.environment)
        self._records.keep(record)
        verdicts, sample, told = self._verified(app, record, key, back, tells=tells)
        memory = self._reckoned(told) if told.memory else ""
        if not memory and old is not None and old.digest == record.digest:
            memory = old.memory
        verified = all_hold(verdicts)
        now = tried(record, verified=verified, when=self._parts.now())
        now = replace(now, memory=memory)
        self._records.keep(now)
        when = now.verified_at if verified else 0.0
        unnoted = publish_proof(self._account, now.app, now.digest, now.version, when)
        applied = self._applied(record, outcome, verified)
        return replace(
            applied,
            verdicts=verdicts,
            sample=sample,
            unnoted=unnoted,
            memory=memory,
            shape=told.shape,
        )

    def _compiles(self, shape: Release, plan: Plan) -> bool:
        """Whether a plan lets the kernels of a shape be compiled."""
        name = shape.shape if self._release.shapes else ""
        kernels = (one for one in plan.phases if one.phase == COMPILATION.phase)
        return any(one.runs and one.shape == name for one in kernels)

    def _left(self, runs: set[str]) -> dict[Made, ListedApp]:
        """Give what an apply that is gone has left running and is of use, by phase and release.

        What is of no use is ended, and said: nobody else applies this app now.
        """
        kept: dict[Made, ListedApp] = {}
        releases = (self._release, *self._release.each_shape())
        ours = {made(phase, each) for phase in runs for each in releases}
        for one in phases_of(self._account, self._parameters.app):
            of = made_in(one.tags)
            if of in ours and of not in kept:
                kept[of] = one
            else:
                self._account.stop(one.id)
                self._parts.tell(
                    f"an apply that is gone had left {LEFT.get(of[0], of[0]) or 'a phase'} of "
                    f"release {one.tags[DIGEST][:12]} running ({one.id}): it is ended"
                )
        return kept

    def _compare(self, key: str, file: Path) -> None:
        """Hold the key against the secret's, before what costs GPUs is begun with a wrong one."""
        if not key or not self._parameters.api_key_secret:
            return
        with self._phases.phase("key", "whether the server will take the key") as phase:
            part = comparison(key)
            run_part(self._account, self._release, Carried(file), part, phase, self._parts)
            phase.result = f"it is one of the secret `{self._parameters.api_key_secret}`"

    def _prepare(
        self, part: Part, of: Release, plan: Plan, held: Held, left: dict[Made, ListedApp]
    ) -> None:
        """Run a part of the app of a release: the deployment, or one shape of it by itself."""
        fact, volume, folder = self._of(part, of)
        place = f"{whole(volume)}{folder}"
        where = f" for {of.hardware}" if self._release.shapes and of is not self._release else ""
        running = left.get(made(part.phase, of))
        with (
            self._phases.phase(part.phase, f"{part.name} on Modal{where}") as phase,
            alone(self._account, place, part.words, self._parts.tell),
        ):
            refuse_held(self._account, whole(volume), self._parts.tell)  # it is being deleted
            self._look_again(plan, held)
            listed = self._listed() if part is DOWNLOAD else None
            file = self._records.keep_release(of)
            if running is not None:
                self._parts.tell(
                    f"{part.words} that another apply began still runs: waiting for it"
                )
                shares = self._sharing(listed)
                attach(
                    self._account,
                    of,
                    running,
                    part,
                    phase,
                    self._parts,
                    () if shares is None else shares.shares,
                    builds=file if part is DOWNLOAD else None,
                )
            found = fact()
            if not found.done:
                run_part(
                    self._account,
                    of,
                    Carried(file, self._manifests(listed)),
                    part,
                    phase,
                    self._parts,
                    self._sharing(listed),
                    builds=part is DOWNLOAD and running is None,
                )
                found = fact()
            if not found.done:
                message = f"`{part.name}` ended without an error, but {found.reason}"
                raise Failure(message)
            phase.result = found.reason

    def _of(self, part: Part, of: Release) -> tuple[Callable[[], PhaseFact], str, str]:
        """Give what says whether a part is done, and the folder that only one may fill at a time.

        The folder is that of a volume, which stands before it.
        """
        if part is COMPILATION:
            after = side(of)
            cache = self._parameters.kernel_cache
            volume = cache.volume if cache is not None else "kernels"
            compiled = partial(kernels_fact, self._account, after, None)
            return compiled, volume, after.kernel_key.digest()[:12]
        weights = self._parameters.weights
        return self._weights, weights.volume, volume_folder(self._release.model, weights)

    def _look_again(self, plan: Plan, held: Held) -> None:
        """Look again before a step that costs or replaces; Failure where the world has moved."""
        held.refuse_lost()
        current().refuse_over("what was done so far stays")
        now, before = self._account.app(self._parameters.app), plan.standing.deployed
        there = now is not None and now.state == DEPLOYED
        was = before is not None and before.state == DEPLOYED
        if there == was and (now is None or before is None or now.version == before.version):
            return
        if now is not None and there:
            who = now.deployed_by or "somebody"
            moved = f"version {now.version} was deployed by {who}"
            moved += f", and the plan is against version {before.version}" if before and was else ""
        else:
            moved = f"the app {self._parameters.app} is {now.state if now else 'gone'}"
        message = f"the world has moved since the plan: {moved}"
        raise Failure(message, hint="nothing more was done; plan again, and look at it")

    def _listed(self) -> Manifests | None:
        """Give what the lock lists, or what the hub does; None where that is not to be had here.

        Then the one container that downloads asks for itself.
        """
        if self._lock is not None:
            return Manifests(tuple(map(manifest_of, self._lock.repositories)))
        sources = self._release.sources()
        try:
            found = [list_files(one.repo, one.commit, os.environ) for one in sources]
        except Failure as failure:
            self._parts.tell(
                f"what there is to fetch was not found out here ({failure.message}): one container "
                "asks for itself, and fetches all of it"
            )
            return None
        return Manifests(tuple(found))

    def _sharing(self, listed: Manifests | None) -> Sharing | None:
        """Divide a download among several containers; None where one is enough."""
        if listed is None:
            return None
        shares = shares_of(self._account, self._release, self._parameters, listed)
        count = containers(self._parameters, sum(one.size - one.there for one in shares))
        return Sharing(shares, count) if count > 1 and shares else None

    def _manifests(self, listed: Manifests | None) -> Path | None:
        """Write what is listed where containers are given it from."""
        return None if listed is None else self._records.keep_manifests(listed.to_json())

    def _weights(self) -> PhaseFact:
        return weights_fact(self._account, self._release)

    def _deploy(self, file: Path, plan: Plan, held: Held, *, owed: bool) -> None:
        with self._phases.phase("deploy", f"app {self._parameters.app}") as phase:
            self._look_again(plan, held)
            publish(self._account, self._release)
            try:
                deploy(
                    self._account,
                    self._release,
                    file,
                    plan.file,
                    hear=seldom(phase.progress, self._parts.clock),
                    owed=owed,
                    number=plan.version,
                )
            except NotReached as failure:
                self._refuse_unpublished(plan, failure)
            phase.result = f"app {self._parameters.app}, release {plan.digest[:12]}"

    def _refuse_unpublished(self, plan: Plan, failure: NotReached) -> None:
        """Raise where a version whose answer was lost was not published, or that is not known."""
        unknown = f"whether version {plan.version} was published is not known: {failure.message}"
        try:
            app = self._account.app(self._parameters.app)
            tags = {} if app is None else self._account.tags(app)
        except NotReached as again:
            raise NotReached(unknown, hint=ON) from again
        if app is None or app.version != plan.version or tags.get(DIGEST) != plan.digest:
            raise failure

    def _deployed(self) -> tuple[AppFacts, str]:
        app = self._account.app(self._parameters.app)
        server = self._account.server(self._release, self._parameters.app)
        if app is None or server is None or app.state != "deployed":
            stands = "gone" if app is None else app.state
            if app is not None and app.state == DEPLOYED:
                stands = "deployed, and Modal knows no server in it"
            message = f"the app {self._parameters.app} is {stands}"
            raise Failure(message, hint="somebody else may have changed it meanwhile")
        refuse_unnamed(server.url)
        self._keep_up(server)
        return app, server.url

    def _keep_up(self, server: ServerFacts) -> None:
        """Let the window that is in force now hold at once: a deployment has reset what was set."""
        windows, least = self._parameters.schedule, self._parameters.min_containers
        if windows:
            kept = kept_at(windows, least, self._parts.now())
            if kept.containers != now_kept(server):
                self._account.keep_up(server, kept.containers)

    def _verified(
        self, app: AppFacts, record: Record, key: str, back: str, *, tells: bool
    ) -> tuple[tuple[Verdict, ...], str, Told]:
        """Give the verdicts, an answer to show, and what its containers told."""
        url = record.url
        with self._phases.phase("wait", "from no container to the first answer") as phase:
            said = wait_until_healthy(
                self._account, app, self._release, url, phase, self._parts, hint=back, tells=tells
            )
            for each in self._keep_boots(record, said.boots):
                told = Event(self._parts.now(), BOOT, "progress", slow(each), each.seconds)
                self._phases.forward(told)
            on = f", on {said.shape}" if self._release.shapes and said.shape else ""
            phase.result = f"the server is healthy{on}"
        with self._phases.phase("verify", url) as phase:
            endpoint = Endpoint.from_release(
                self._release,
                url,
                key or None,
                partial(refuse_open, url),
                headers_for(self._release),
            )
            starts = [early.own(boot) for boot in said.boots]
            before = early.verdicts(said.statuses, said.waited, starts, new=tells)
            asked = self._parts.verify(endpoint, lambda verdict: phase.progress(verdict.probe))
            verdicts = (*before, *asked) if asked else ()  # it is no verification alone
            kept = sum(verdict.outcome is Outcome.PASSED for verdict in verdicts)
            phase.result = f"{kept} of {len(verdicts)} promises hold"
            phase.end = "done" if all_hold(verdicts) else "failed"
            sample = self._parts.sample(endpoint) if all_hold(verdicts) else ""
        return verdicts, sample, said

    @staticmethod
    def _hold(verdicts: tuple[Verdict, ...]) -> bool:
        return all_hold(verdicts)

    def _reckoned(self, told: Told) -> str:
        """Hold what the engine said of its memory against what was reckoned; gives both."""
        said = told.memory
        with self._phases.phase("reckon", "what was reckoned of its memory") as phase:
            listed = self._lock.repositories if self._lock else ()
            known = [one.checkpoint("the lock") for one in listed if one.role == "model"]
            shapes = self._release.each_shape()
            its = [one for one in shapes if len(shapes) == 1 or one.shape == told.shape]
            phase.result = "not compared: which shape said it was not told"
            if its:
                phase.result = beside(its[0], *of_each(heard(said)), *known[:1])
        on = f"on {told.shape}: " if self._release.shapes and told.shape else ""
        return f"{on}{said}; {phase.result}"

    def _keep_boots(self, record: Record, boots: tuple[Boot, ...]) -> tuple[Slower, ...]:
        """Put the starts on record; says what took clearly longer than at those before."""
        before = self._records.boots(record.app, record.environment)
        self._records.keep_boots(record.app, record.environment, (*before, *boots))
        return tuple(each for boot in boots[-1:] for each in slower(boot, before))

    def _record(self, app: AppFacts, url: str) -> Record:
        return Record(
            name=self._release.name,
            app=self._parameters.app,
            environment=self._parameters.environment,
            endpoint=self._parameters.endpoint,
            digest=short_digest(self._release),
            version=app.version,
            when=self._parts.now(),
            url=url,
        )

    def _applied(self, record: Record, outcome: str, verified: bool | None) -> Applied:  # noqa: FBT001 - the value of a field
        return Applied(
            name=record.name,
            app=record.app,
            outcome=outcome,
            url=record.url,
            version=record.version,
            digest=record.digest,
            verified=verified,
            phases=self._phases.times(),
        )


def _file(plan: Plan) -> str:
    """Give the mark of the file that is deployed now: the tag stays where nothing is deployed."""
    before = plan.standing.deployed
    return plan.file if plan.deploys or before is None else before.file


def _back(plan: Plan) -> str:
    """Say how to go back to what was deployed before a plan; '' where there was nothing."""
    before = plan.standing.deployed
    if not plan.deploys or before is None or before.state != DEPLOYED or not before.digest:
        return ""
    return (
        f"`deployer rollback {plan.name} --to {before.digest[:12]}` brings version "
        f"{before.version} back"
    )


def _refuse_another(version: int, name: str, app: AppFacts) -> None:
    """Raise Failure where what is there afterwards is not the version that was made."""
    if app.version != version:
        who = app.deployed_by or "somebody"
        message = f"version {app.version} was deployed by {who}, right after version {version}"
        raise Failure(message, hint=f"`deployer history {name}` shows both")


def deploy(  # noqa: PLR0913 - what a deployment says of itself
    account: Account,
    release: Release,
    file: Path,
    profile: str = "",
    *,
    hear: Callable[[str], None],
    owed: bool = False,
    number: int = 0,
    candidate: int = 0,
) -> None:
    """Deploy the whole app of a release; the version's tag is its digest.

    ``hear`` is told what builds of images write, ``profile`` is the mark of the profile's file,
    ``owed`` that it is to be verified still,
    ``number`` the version that it will be. With ``candidate`` only its server is deployed, beside
    the live app, for so many minutes. Raises Failure for what went wrong.
    """
    built = build_app(
        release,
        file,
        (remote.SERVER,) if candidate else PARTS,
        profile,
        phase=CANDIDATE if candidate else "",
        owed=owed,
        number=number,
        candidate=candidate,
    )
    environment, tag = account.environment or None, short_digest(release)
    with in_its_own_words(hear):
        told(
            f"the deployment of {built.app.name}",
            lambda: built.app.deploy.aio(environment_name=environment, tag=tag),
            DEPLOYING,
        )
