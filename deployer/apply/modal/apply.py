"""Carries out a plan on Modal: weights, kernels, deploy, wait, verify, each only where needed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import modal

from deployer.apply.hub import manifest_of
from deployer.apply.modal.address import refuse_open
from deployer.apply.modal.app import build_app
from deployer.apply.modal.markers import kernels_fact, weights_fact
from deployer.apply.modal.part_run import Carried, run_part
from deployer.apply.modal.parts import DEFAULT_PARTS, Parts
from deployer.apply.modal.proof import publish as publish_proof
from deployer.apply.modal.proof import tried
from deployer.apply.modal.records import Record, publish
from deployer.apply.modal.tags import short_digest
from deployer.apply.modal.wait import wait_until_healthy
from deployer.apply.modal.words import in_words
from deployer.apply.phases import Phases, PhaseTime
from deployer.diagnose.boot import slower
from deployer.diagnose.words import slow
from deployer.errors import Failure
from deployer.fit.beside import beside
from deployer.late import dataclass
from deployer.plan.sides import side
from deployer.serve.memory import heard, of_each
from deployer.serve.weights.manifest import Manifests
from deployer.verify.endpoint import Endpoint
from deployer.verify.verdict import Outcome, all_hold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.records import Records
    from deployer.apply.modal.things import AppFacts
    from deployer.diagnose.boot import Boot
    from deployer.event import Event
    from deployer.lock.lock import Lock
    from deployer.plan.deployment import PhaseFact, Plan
    from deployer.release import Release
    from deployer.verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an apply: ``outcome`` is ``deployed``, ``verified`` or ``unchanged``.

    ``verified`` is None where nobody asked the server. ``unnoted`` says why what was found could
    not be written where other machines read it, '' where it was.
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


class Pipeline:
    """The phases of one apply; each looks at the world first, and may be run again at any time."""

    def __init__(
        self,
        account: Account,
        records: Records,
        release: Release,
        on_event: Callable[[Event], None],
        parts: Parts = DEFAULT_PARTS,
        lock: Lock | None = None,
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

    def run(self, plan: Plan, key: str | None) -> Applied:
        """Carry out a plan; with ``key`` None the server is neither waited for nor verified.

        A failure names its phase. What the phases before it did stays, so the next apply goes on
        where this one ended.
        """
        runs = {phase.phase for phase in plan.phases if phase.runs}
        file = self._records.keep_release(self._release)
        if "weights" in runs:
            self._prepare("weights", "download_model", file, self._weights)
        if "kernels" in runs:
            self._prepare("kernels", "compile_deepgemm", file, self._kernels)
        if "deploy" in runs:
            self._deploy(file, plan)
        app, url = self._deployed()
        record = replace(self._record(app, url), file=_file(plan))
        if key is None:
            self._records.keep(record)
            return self._applied(record, "deployed" if "deploy" in runs else "unchanged", None)
        return self._proven(app, record, key, "deployed" if "deploy" in runs else "verified")

    def prove(self, key: str | None, outcome: str) -> Applied:
        """Wait for what is deployed already, and verify it; with ``key`` None only say what it is.

        ``outcome`` is what became of it before.
        """
        app, url = self._deployed()
        record = self._record(app, url)
        if key is None:
            return self._applied(record, outcome, None)
        return self._proven(app, record, key, outcome)

    def _proven(self, app: AppFacts, record: Record, key: str, outcome: str) -> Applied:
        old = self._records.record(record.app, record.environment)
        verdicts, sample, said = self._verified(app, record.url, key, record)
        memory = self._reckoned(said) if said else ""
        if not memory and old is not None and old.digest == record.digest:
            memory = old.memory
        verified = all_hold(verdicts)
        now = tried(record, verified=verified, when=self._parts.now())
        now = replace(now, memory=memory)
        self._records.keep(now)
        when = now.verified_at if verified else 0.0
        unnoted = publish_proof(self._account, now.app, now.digest, when)
        applied = self._applied(record, outcome, verified)
        return replace(applied, verdicts=verdicts, sample=sample, unnoted=unnoted)

    def _prepare(self, name: str, part: str, file: Path, fact: Callable[[], PhaseFact]) -> None:
        with self._phases.phase(name, f"{part} on Modal") as phase:
            carried = Carried(file, self._manifests())
            run_part(self._account, self._release, carried, part, phase, self._parts)
            found = fact()
            if not found.done:
                message = f"`{part}` ended without an error, but {found.reason}"
                raise Failure(message)
            phase.result = found.reason

    def _manifests(self) -> Path | None:
        """Write what the lock lists where containers are given it from."""
        if self._lock is None:
            return None
        listed = Manifests(tuple(map(manifest_of, self._lock.repositories)))
        return self._records.keep_manifests(listed.to_json())

    def _weights(self) -> PhaseFact:
        return weights_fact(self._account, self._release)

    def _kernels(self) -> PhaseFact:
        return kernels_fact(self._account, side(self._release), None)

    def _deploy(self, file: Path, plan: Plan) -> None:
        with self._phases.phase("deploy", f"app {self._parameters.app}") as phase:
            publish(self._account, self._release)
            deploy(self._account, self._release, file, plan.file)
            phase.result = f"app {self._parameters.app}, release {plan.digest[:12]}"

    def _deployed(self) -> tuple[AppFacts, str]:
        app = self._account.app(self._parameters.app)
        server = self._account.server(self._release)
        if app is None or server is None or app.state != "deployed":
            message = f"the app {self._parameters.app} is not there after it was deployed"
            raise Failure(message, hint="somebody else may have stopped it meanwhile")
        return app, server.url

    def _verified(
        self, app: AppFacts, url: str, key: str, record: Record
    ) -> tuple[tuple[Verdict, ...], str, str]:
        """Give the verdicts, an answer to show, and what a new engine said of its memory."""
        self._records.keep(replace(record, owed=True))
        with self._phases.phase("wait", "from no container to the first answer") as phase:
            said = wait_until_healthy(self._account, app, self._release, url, phase, self._parts)
            for line in self._keep_boots(record, said.boots):
                phase.progress(line)
            phase.result = "the server is healthy"
        with self._phases.phase("verify", url) as phase:
            endpoint = Endpoint.from_release(
                self._release, url, key or None, partial(refuse_open, url)
            )
            verdicts = self._parts.verify(endpoint, lambda verdict: phase.progress(verdict.probe))
            kept = sum(verdict.outcome is Outcome.PASSED for verdict in verdicts)
            phase.result = f"{kept} of {len(verdicts)} promises hold"
            phase.end = "done" if all_hold(verdicts) else "failed"
            sample = self._parts.sample(endpoint) if all_hold(verdicts) else ""
        return verdicts, sample, said.memory

    def _reckoned(self, said: str) -> str:
        """Hold what the engine said of its memory against what was reckoned; gives both."""
        with self._phases.phase("reckon", "what was reckoned of its memory") as phase:
            listed = self._lock.repositories if self._lock else ()
            known = [one.checkpoint("the lock") for one in listed if one.role == "model"]
            phase.result = beside(self._release, *of_each(heard(said)), *known[:1])
        return f"{said}; {phase.result}"

    def _keep_boots(self, record: Record, boots: tuple[Boot, ...]) -> tuple[str, ...]:
        """Put the starts on record; says what took clearly longer than at those before."""
        before = self._records.boots(record.app, record.environment)
        self._records.keep_boots(record.app, record.environment, (*before, *boots))
        found = [each for boot in boots[-1:] for each in slower(boot, before)]
        return tuple(map(slow, found))

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


def deploy(account: Account, release: Release, file: Path, profile: str = "") -> None:
    """Deploy the whole app of a release; the version's tag is its digest.

    ``profile`` is the mark of the profile's file.
    """
    built = build_app(release, file, profile=profile)
    try:
        built.app.deploy(environment_name=account.environment or None, tag=short_digest(release))
    except (modal.exception.Error, OSError) as error:
        raise in_words(error) from error
