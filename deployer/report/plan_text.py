"""A plan of a deployment as text for a terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from deployer.plan.cost import Cost, Monthly, span
from deployer.plan.deployment import MonthlyChange, Once, Plan
from deployer.plan.file import shown
from deployer.plan.money import dollars
from deployer.plan.review import facts
from deployer.plan.standing import Deployed, PhasePlan
from deployer.report.contents import contents
from deployer.report.review_text import defaults, explained
from deployer.report.rows import (
    between,
    bounds,
    counted,
    price,
    range_of,
    reserved,
    row,
    window,
    wrapped,
)
from deployer.visible import visible

NOT_LOOKED = "the live state was not looked at"
NOTHING = "Nothing to do."
DONE = dict.fromkeys(("weights", "kernels", "deploy"), "done")
"""What is called done where it need not run; the other phases are left out then."""

SHORT = 12
"""Digits of a digest or a commit that are shown."""


def text(plan: Plan) -> str:
    """Write what is deployed, the changes, the phases, the money, the notes, and a summary.

    Where nothing can be compared, all that is run stands in the place of the changes.
    """
    blocks = (
        _header(plan),
        _changes(plan),
        _contents(plan),
        _phases(plan),
        _money(plan),
        _notes(plan),
    )
    return "\n".join("\n".join(lines) + "\n" for block in blocks if (lines := list(block))) + (
        f"\n{summary(plan)}\n"
    )


def summary(plan: Plan) -> str:
    """Say all of it in one sentence."""
    if plan.nothing_to_do:
        return "Nothing to do, as far as is recorded." if plan.standing.offline else NOTHING
    parts = [_what(plan), _outcome(plan), _once(plan.once), _more(plan), _priced(plan)]
    return f"{'; '.join(part for part in parts if part)}."


def _header(plan: Plan) -> Iterator[str]:
    environment = f", environment {visible(plan.environment)}" if plan.environment else ""
    yield f"{visible(plan.name)}: Modal app {visible(plan.app)}{environment}"
    deployed = plan.standing.deployed
    if plan.standing.offline:
        yield from row("offline", _offline(deployed))
    if deployed is None:
        recorded = "recorded as " if plan.standing.offline else ""
        yield from row("deployed", f"nothing is {recorded}deployed as this app")
        made_of = (row for row in facts(plan.release) if row[0] != "money")
        for name, value in made_of:
            yield from row(name, visible(value))
        return
    yield from row(visible(deployed.state), _deployed(deployed, offline=plan.standing.offline))
    if deployed.url:
        yield from row("", visible(deployed.url))
    before, after = visible(deployed.digest[:SHORT]) or "not known", plan.digest[:SHORT]
    yield from row("release", after if before == after else f"{before} -> {after}")


def _offline(deployed: Deployed | None) -> str:
    if deployed is None:
        return f"nothing is recorded on this machine; {NOT_LOOKED}"
    return f"compared with what was recorded on {_time(deployed.when)}; {NOT_LOOKED}"


def _deployed(deployed: Deployed, *, offline: bool) -> str:
    changed = " (with uncommitted changes)" if deployed.dirty else ""
    parts = [
        deployed.words,
        _time(deployed.when) if deployed.when else "",
        f"by {visible(deployed.who)}" if deployed.who else "",
        f"commit {visible(deployed.commit[:SHORT])}{changed}" if deployed.commit else "",
        f"from {visible(shown(deployed.file))}" if deployed.file else "",
        "" if offline else f"{counted(deployed.containers, 'container')} up",
    ]
    return ", ".join(part for part in parts if part)


def _changes(plan: Plan) -> Iterator[str]:
    if not plan.diff:
        return
    yield "Changes"
    yield from explained(plan.diff)
    if plan.diff.capacity:
        yield f"  {plan.diff.capacity.sentence}"
    if plan.diff.replaces:
        yield f"  {plan.diff.replaces}"
    yield from defaults(plan.diff)


def _contents(plan: Plan) -> Iterator[str]:
    return contents(plan.release) if plan.diff is None else iter(())


def _phases(plan: Plan) -> Iterator[str]:
    yield "Phases"
    for phase in plan.phases:
        yield from _phase(phase)


def _phase(phase: PhasePlan) -> Iterator[str]:
    mark = "runs" if phase.runs else DONE.get(phase.phase, "skip")
    on = f"on {phase.shape}: " if phase.shape else ""
    yield from wrapped(f"  {phase.phase:<8} {mark}  ", visible(f"{on}{phase.reason}"))
    if phase.cost is not None:
        basis = "" if phase.phase == "wait" else f": {visible(phase.cost.basis)}"
        yield from wrapped(" " * 17, f"{bounds(phase.cost)}{basis}")


def _money(plan: Plan) -> Iterator[str]:
    cost = plan.cost
    yield f"Money ({visible(cost.table)})"
    yield from row("serving", _serving(cost))
    if cost.idle is not None:
        until = "from a container's last request until it stops"
        yield from row("idle", f"{dollars(cost.idle)} for the {span(cost.idle_minutes)} {until}")
    yield from row("cold start", bounds(cost.start))
    yield from row("", visible(cost.start.basis))
    for hours in cost.windows:
        yield from row("schedule", window(hours))
    if cost.month is not None:
        of = f" (on {cost.gpus})" if plan.others else ""
        yield from row("a month", f"{_month(plan.change, cost.month)}{of}")
    if cost.storage is not None:
        most = dollars(cost.storage.dollars_at_most)
        yield from row("storage", f"at most {most} a month: {cost.storage.basis}")
    for other in plan.others:
        yield from row("or", f"{_serving(other)}; cold start {bounds(other.start)}")
    if apart := range_of((cost, *plan.others)):
        yield from row("shapes", apart)
    for reason in cost.unknown:
        yield from row("no figure", visible(reason))


def _serving(cost: Cost) -> str:
    most = cost.containers[1]
    if cost.hourly is None or cost.most_hourly is None:
        return f"{cost.gpus} a container, at most {counted(most, 'container')}"
    all_of_them = f", at most {most}: {dollars(cost.most_hourly)} an hour" if most > 1 else ""
    return f"{dollars(cost.hourly)} an hour a container ({reserved(cost)}){all_of_them}"


def _month(change: MonthlyChange, now: Monthly) -> str:
    before = change.old
    unknown = "" if before else "; what it costs now is not known"
    zero = _moved(before.zero if before else now.zero, now.zero)
    full = _moved(before.full if before else now.full, now.full)
    return f"without traffic {zero}, at full load {full}{unknown}"


def _moved(before: float, after: float) -> str:
    old, new = dollars(before, cents=False), dollars(after, cents=False)
    return new if old == new else f"{old} -> {new}"


def _notes(plan: Plan) -> Iterator[str]:
    if plan.notes:
        yield "Notes"
        for note in plan.notes:
            yield from wrapped("  - ", visible(note))


def _what(plan: Plan) -> str:
    if plan.standing.deployed is None:
        return "As if nothing were deployed" if plan.standing.offline else "A first deployment"
    if plan.diff is None:
        return "Another release"
    changes = plan.diff.changes
    if not changes:
        return "No change of the release"
    return f"{counted(len(changes), 'change')}: {', '.join(plan.diff.labels)}"


def _outcome(plan: Plan) -> str:
    if plan.deploys:
        return f"deploys as version {plan.version}"
    return f"runs {' and '.join(phase.phase for phase in plan.phases if phase.runs)}"


def _once(once: Once) -> str:
    if once.at_least is None:
        return ""
    return f"{between(dollars(once.at_least), price(once.at_most))} once"


def _more(plan: Plan) -> str:
    more = plan.change.difference
    if more is None or not plan.deploys:
        return ""
    parts = [_amount(more.zero, "without traffic"), _amount(more.full, "at full load")]
    said = " and ".join(part for part in parts if part)
    return said or "a month costs what it did"


def _priced(plan: Plan) -> str:
    said = _once(plan.once) or _more(plan)
    return f"a server is priced for {plan.cost.gpus}" if said and plan.others else ""


def _amount(more: float, when: str) -> str:
    amount = dollars(abs(more), cents=False)
    return "" if amount == "$0" else f"{amount} a month {'less' if more < 0 else 'more'} {when}"


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
