"""How deployments on Modal stand right now; no container is woken for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from deployer.apply.modal.records import Record
from deployer.apply.seen import NOTHING, Observed, Recorded
from deployer.apply.unseen import asked_words, not_asked_words, not_reached_words, not_there_words
from deployer.diagnose.words import over
from deployer.errors import DeployerError, Failure, NotAsked, NotReached
from deployer.headers import TOLD_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.listing import Listing
    from deployer.apply.modal.records import Records
    from deployer.apply.modal.things import AppFacts, ListedApp, ServerFacts
    from deployer.plan.standing import Deployed
    from deployer.release import ModalParameters, Release

Condition = Literal[
    "serving", "asleep", "running", "candidate", "stopping", "stopped",
    "not-there", "not-reached", "not-asked",
]  # fmt: skip
"""``serving``: a container is there; ``asleep``: none is, and the next request starts one;
``running``: a phase of an apply; ``candidate``: it stands beside the app that it is proven for. The
last three are those of :mod:`deployer.apply.unseen`."""

TOGETHER = 100
"""Deployments that are asked about together; those before are told meanwhile."""

FIRST = 20
"""Of the first so many are asked about together, so that they are told soon."""


@dataclass(frozen=True, slots=True)
class ModalStatus:
    """One deployment.

    ``observed`` is what Modal said just now, None where it said nothing; all that is known then is
    on record, and ``containers`` is None. ``recorded`` is what this machine remembers of this
    release, ``memory`` among it: what an engine said of its memory at its start, and how that stood
    beside what was reckoned; and ``start``: what of the newest start that an apply saw took longer
    than its budget. ``since`` is when the version was deployed, seconds since the epoch.
    ``message`` says what is wrong or was not looked at. ``shape`` says which of a deployment's
    shapes serves, or why that is not known; '' where there is but one.
    """

    name: str
    state: Condition
    app: str
    environment: str
    url: str = ""
    model: str = ""
    engine: str = ""
    hardware: str = ""
    digest: str = ""
    version: int = 0
    since: float = 0.0
    who: str = ""
    containers: int | None = None
    message: str = ""
    observed: Observed | None = None
    recorded: Recorded = NOTHING
    memory: str = ""
    shape: str = ""
    start: tuple[str, ...] = ()
    schedule: str = ""
    target: ClassVar[str] = "modal"


def unseen(
    record: Record, profile: Release | None, records: Records, why: DeployerError
) -> ModalStatus:
    """Say what is on record of a deployment, and why Modal said nothing about it.

    ``profile`` is what is asked about where nothing is on record.
    """
    asked = not isinstance(why, NotAsked)
    words = not_reached_words(why) if asked else not_asked_words(why.message)
    known = _described(_on_record(record, records), records.release(record.digest) or profile)
    return replace(known, state="not-reached" if asked else "not-asked", message=words)


def status(
    record: Record,
    profile: Release | None,
    records: Records,
    account: Account,
    now: Callable[[], float] = time.time,
) -> ModalStatus:
    """Ask Modal how a deployment stands."""
    from deployer.apply.modal.proof import recorded  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.standing import deployed_now  # noqa: PLC0415 - only to ask

    try:
        deployed = deployed_now(account, record.app, records)
        release = (deployed.release if deployed else None) or profile
        server = account.server(release) if release else None
    except Failure as failure:
        return unseen(record, profile, records, failure)
    known = _described(_on_record(record, records), release)
    if deployed is None:
        return _not_there(known, account.environment, now)
    live = _live(known, record, deployed, server.url if server else "", now)
    live = _undescribed(live, release)
    if server is not None and release is not None and release.modal is not None:
        live = replace(live, schedule=_schedule(release.modal, server, now()))
    if server is not None and release is not None and release.shapes:
        live = replace(live, shape=_shape(live, release, server.url))
    try:
        live = _with_candidate(live, account, record.app)
    except Failure as failure:
        live = _noted(live, f"whether it has a candidate is not known: {failure.message}")
    if live.recorded.verified_at or live.state not in {"serving", "asleep"}:
        return live
    try:
        return replace(live, recorded=recorded(account, records, deployed))
    except Failure as failure:  # what was seen stands, whatever else cannot be asked
        return replace(live, recorded=replace(live.recorded, unknown=failure.message))


def everything(
    account: Account, listing: Listing, records: Records, now: Callable[[], float] = time.time
) -> Iterator[ModalStatus]:
    """Say how all stands that deployer deployed on Modal, and all that is on record here.

    In the order of their names, and as it becomes known: many are asked about at a time.
    """
    ours, kept = listing.ours(), records.all()
    deployed = [app for app in ours if app.state != "running"]
    asked = [_Asked(_record(app, listing, kept), app.environment, app) for app in deployed]
    there = {(app.name, app.environment) for app in deployed}
    for record in kept:
        environment = _environment(record, listing)
        if (record.app, environment) not in there:
            asked.append(_Asked(record, environment, None))
    asked += [
        _Asked(record_of_app(app), app.environment, app) for app in ours if app not in deployed
    ]
    asked.sort(key=lambda one: (one.record.name, one.environment))
    silent: Failure | None = None
    for at in (0, *range(FIRST, len(asked), TOGETHER)):
        some = asked[at : at + TOGETHER] if at else asked[:FIRST]
        try:
            if silent is not None:
                raise silent
            yield from _each(account, some, records, now)
        except Failure as failure:  # one that does not answer once is not asked for each of them
            silent = failure if isinstance(failure, NotReached) else None
            yield from (_unseen(one, records, failure, now) for one in some)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked about: what is known of it, where it is, and the app as the list had it."""

    record: Record
    environment: str
    app: ListedApp | None


def _unseen(one: _Asked, records: Records, why: Failure, now: Callable[[], float]) -> ModalStatus:
    if one.app is not None and one.app.state == "running":
        return _running(one.app, now)
    return unseen(one.record, None, records, why)


def _each(
    account: Account, asked: list[_Asked], records: Records, now: Callable[[], float]
) -> list[ModalStatus]:
    """Ask about many deployments, one kind of question after the other, each kind at once."""
    found: dict[int, ModalStatus] = {}
    for environment in dict.fromkeys(one.environment for one in asked):
        of = [one for one in asked if one.environment == environment]
        still = [one for one in of if one.app is None or one.app.state != "running"]
        seen = _deployments(account.at(environment), [(o.record, o.app) for o in still], records)
        for one, (deployed, release, url, tags) in zip(still, seen, strict=True):
            found[id(one)] = _status(one.record, release, deployed, url, tags, records, now)
        found |= {id(one): _running(one.app, now) for one in of if one.app and one not in still}
    return [found[id(one)] for one in asked]


def _deployments(
    account: Account, asked: list[tuple[Record, ListedApp | None]], records: Records
) -> list[tuple[Deployed | None, Release | None, str, Mapping[str, str]]]:
    """Ask how apps of one environment are deployed: what, which release, where, with which tags."""
    from deployer.apply.modal.records import find_each  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.tags import DIGEST, is_of  # noqa: PLC0415 - as above
    from deployer.apply.modal.things import digest_of  # noqa: PLC0415 - as above

    facts = account.apps_named([record.app for record, _ in asked])
    tags = [app.tags if app is not None else {} for _, app in asked]
    # The tags tell the release, unless something else than deployer made another version current.
    unsure = [
        one
        for one, said in zip(facts, tags, strict=True)
        if one is not None and not is_of(said, one.version)
    ]
    told = dict(zip((one.id for one in unsure), account.histories(unsure), strict=True))
    digests = []
    for one, said in zip(facts, tags, strict=True):
        history = told.get(one.id, ()) if one is not None else ()
        current = next((entry for entry in history if entry.current), None)
        digests.append(digest_of(current, history) or said.get(DIGEST, ""))
    apps = [record.app for record, _ in asked]
    releases = find_each(account, records, zip(apps, digests, strict=True))
    known = [releases.get(digest) for digest in digests]
    urls = iter(account.urls([release for release in known if release is not None]))
    return [
        (
            _deployed(account, record, one, digest, said, app),
            release,
            "" if release is None else next(urls),
            said,
        )
        for (record, app), one, digest, said, release in zip(
            asked, facts, digests, tags, known, strict=True
        )
    ]


def _deployed(
    account: Account,
    record: Record,
    one: AppFacts | None,
    digest: str,
    tags: Mapping[str, str],
    app: ListedApp | None,
) -> Deployed | None:
    from deployer.apply.modal.standing import counted  # noqa: PLC0415 - as above
    from deployer.apply.modal.tags import FILE, is_owed  # noqa: PLC0415 - as above
    from deployer.plan.standing import Deployed  # noqa: PLC0415 - as above

    if one is None:
        return None
    # One that is in no list was deployed since, or is in an environment that may not be listed.
    containers = app.containers if app is not None else counted(account, one)
    return Deployed(
        release=None,
        digest=digest,
        app=record.app,
        environment=account.environment,
        version=one.version,
        state=one.state,
        who=one.deployed_by,
        when=one.deployed_at,
        commit="",
        dirty=False,
        url="",
        containers=containers,
        file=tags.get(FILE, ""),
        owed=one.state == "deployed" and is_owed(tags, digest, one.version),
    )


def _status(  # noqa: PLR0913, PLR0917 - as above
    record: Record,
    release: Release | None,
    deployed: Deployed | None,
    url: str,
    tags: Mapping[str, str],
    records: Records,
    now: Callable[[], float],
) -> ModalStatus:
    from deployer.apply.modal.listing import candidate_of  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.proof import said_of  # noqa: PLC0415 - as above

    known = _described(_on_record(record, records), release)
    if deployed is None:
        return _not_there(known, record.environment, now)
    live = _undescribed(_live(known, record, deployed, url, now), release)
    if url and release is not None and release.shapes:
        live = replace(live, shape=_shape(live, release, url))
    if (of := candidate_of(tags)) and live.state in {"serving", "asleep"}:
        return replace(live, name=record.app, state="candidate", message=_candidate_words(of))
    if live.recorded.verified_at or live.state not in {"serving", "asleep"}:
        return live
    return replace(live, recorded=said_of(tags, deployed.digest, deployed.version))


def _with_candidate(live: ModalStatus, account: Account, app: str) -> ModalStatus:
    """Say of an app that a candidate stands beside it, or that it is one itself."""
    from deployer.apply.modal.history import candidate_beside  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.listing import candidate_of  # noqa: PLC0415 - as above
    from deployer.plan.candidate import ENDING  # noqa: PLC0415 - as above

    if not app.endswith(ENDING):
        beside = candidate_beside(account, app)
        return _noted(live, beside) if beside else live
    facts = account.app(app)
    of = "" if facts is None else candidate_of(account.tags(facts))
    if not of or live.state not in {"serving", "asleep"}:
        return live
    return replace(live, name=app, state="candidate", message=_candidate_words(of))


def _shape(live: ModalStatus, release: Release, url: str) -> str:
    """Ask a container that runs which shape it is; none is woken for it."""
    from deployer.apply.modal.drift import told_release  # noqa: PLC0415 - imports Modal's client
    from deployer.apply.modal.proxy_token import headers_for  # noqa: PLC0415 - as above

    if not live.containers:
        return "no container runs, so none was asked which of them it is"
    try:
        told, shape = told_release(url, headers_for(release))
    except Failure as failure:
        return f"which of them serves is not known: {failure.message}"
    if not shape or told != live.digest[:TOLD_DIGITS]:
        return (
            "which of them serves is not known: the container that answered is of another release"
        )
    others = live.containers - 1
    rest = f"; the other {others} did not say" if others else ""
    return f"{shape} answered just now{rest}"


def _schedule(parameters: ModalParameters, server: ServerFacts, when: float) -> str:
    """Say which window is in force, and how many containers Modal keeps up; '' without any."""
    from deployer.apply.modal.things import now_kept  # noqa: PLC0415 - imports modal
    from deployer.behaviour.windows import kept_at  # noqa: PLC0415 - only where there is one
    from deployer.plan.cost import window_words  # noqa: PLC0415 - as above

    if not parameters.schedule:
        return ""
    kept, found = kept_at(parameters.schedule, parameters.min_containers, when), now_kept(server)
    window = "no window" if kept.window is None else window_words(kept.window)
    said = f"{window} is in force; Modal's autoscaler keeps {found} up"
    if found == kept.containers:
        return said
    return f"{said}, and {kept.containers} should be: the schedule's next run sets it"


def _noted(live: ModalStatus, note: str) -> ModalStatus:
    return replace(live, message="; ".join(part for part in (live.message, note) if part))


def _candidate_words(of: str) -> str:
    return (
        f"the candidate of the app {of}: an apply proves it, or one that is gone has left it; the "
        f"next apply of {of} ends it, as `destroy` does"
    )


def _not_there(known: ModalStatus, environment: str, now: Callable[[], float]) -> ModalStatus:
    where = not_there_words(asked_words((environment,)))
    seen = Observed(now(), "Modal has no such app")
    return replace(known, state="not-there", message=where, observed=seen, containers=0)


def record_of_app(app: ListedApp) -> Record:
    """Give what an app says of itself as a record has it."""
    from deployer.apply.modal.listing import record_of  # noqa: PLC0415 - as above

    return record_of(app)


def _record(app: ListedApp, listing: Listing, kept: Sequence[Record]) -> Record:
    """Give what is on record of an app, or what its tags say where nothing is."""
    on_record = {(one.app, one.environment): one for one in kept}
    names = (app.environment, "") if app.environment == listing.environments[0] else ()
    found = (on_record.get((app.name, name)) for name in names or (app.environment,))
    return next((one for one in found if one is not None), record_of_app(app))


def _environment(record: Record, listing: Listing) -> str:
    return record.environment or listing.environments[0]


def _running(app: ListedApp, now: Callable[[], float]) -> ModalStatus:
    record = record_of_app(app)
    count = f"{app.containers} container{'' if app.containers == 1 else 's'}"
    what = f"{count} of an app that is not deployed"
    return ModalStatus(
        record.name,
        "running",
        record.app,
        record.environment,
        digest=record.digest,
        since=app.created_at,
        containers=app.containers,
        message=f"a phase of an apply; `modal app stop {app.id}` ends it",
        observed=Observed(now(), what),
    )


def _on_record(record: Record, records: Records) -> ModalStatus:
    return ModalStatus(
        record.name,
        "not-asked",
        record.app,
        record.environment,
        url=record.url,
        digest=record.digest,
        version=record.version,
        since=record.when,
        recorded=Recorded(record.when, record.verified, record.verified_at),
        memory=record.memory,
        start=_late(record, records) if record.when else (),
    )


def _late(record: Record, records: Records) -> tuple[str, ...]:
    """Give what of the newest start on record of this release took longer than its budget."""
    starts = records.boots(record.app, record.environment)
    own = [boot for boot in starts if boot.release.startswith(record.digest)]
    return tuple(over(each) for boot in own[-1:] for each in boot.late())


def _described(known: ModalStatus, release: Release | None) -> ModalStatus:
    if release is None:
        return known
    return replace(
        known,
        model=release.model.served_name,
        engine=f"{release.engine.name} {release.engine.version}",
        hardware=release.gpus,
        shape="which of them serves was not asked" if release.shapes else "",
    )


def _undescribed(live: ModalStatus, release: Release | None) -> ModalStatus:
    """Say where nothing tells what a release is."""
    if release is not None or not live.digest or live.state not in {"serving", "asleep"}:
        return live
    return _noted(
        live, "what its release is made of is recorded nowhere that can be read from here"
    )


def _live(
    known: ModalStatus, record: Record, deployed: Deployed, url: str, now: Callable[[], float]
) -> ModalStatus:
    count = deployed.containers
    counted = f"{count} container{'' if count == 1 else 's'}"
    seen = Observed(now(), f"Modal says that it is {deployed.state}, with {counted}")
    known = replace(
        known,
        environment=deployed.environment or known.environment,
        digest=deployed.digest,
        version=deployed.version,
        since=deployed.when,
        who=deployed.who,
        containers=count,
        observed=seen,
    )
    if deployed.digest != record.digest or not record.when:
        # What is remembered is of another release.
        known = replace(known, recorded=NOTHING, memory="", start=())
    elif not record.is_of(deployed.digest, deployed.version, deployed.when):
        # It is of the same release, but these containers were not asked for their promises.
        known = replace(known, recorded=NOTHING)
    if deployed.state != "deployed":
        ended: Condition = "stopping" if deployed.state == "stopping" else "stopped"
        return replace(known, state=ended)
    notes = []
    if record.when and deployed.digest != record.digest:
        notes.append("another release was deployed from elsewhere")
    if deployed.owed:
        notes.append("it was not seen to keep its promises yet; the next `deployer apply` looks")
    if known.url and not url:
        notes.append("its endpoint is the one on record, which Modal was not asked for")
    return replace(
        known,
        state="serving" if count else "asleep",
        url=url or known.url,
        message="; ".join(notes),
    )
