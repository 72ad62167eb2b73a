"""A plan follows from the release, from what was found out, and from the prices."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.apply.modal.tags import short_digest
from deployer.cli.reading import read_release
from deployer.errors import Failure, UsageError
from deployer.facts.prices import SHIPPED, Prices
from deployer.plan.cost import Monthly
from deployer.plan.deployment import Plan, make_plan
from deployer.plan.diff import diff
from deployer.plan.effects import Effect
from deployer.plan.standing import DIGEST_LENGTH, Deployed, PhaseFact, Standing
from deployer.release import Release
from deployer.report.plan_json import Saved, from_json, to_json

from .standings import BASE, MISSING, READY, deployed, live, with_flag, with_modal

LESS = with_flag("--mem-fraction-static", "0.8")
NEWER = replace(BASE, engine=replace(BASE.engine, version="0.5.23"))
OTHER_COMMIT = replace(BASE, model=replace(BASE.model, commit="b" * 40, path="/model-cache/b"))
OWED = PhaseFact("verify", done=False, reason="it was never verified")


def plan(new: Release, standing: Standing, prices: Prices = SHIPPED) -> Plan:
    return make_plan(new, standing, prices)


def runs(found: Plan) -> list[str]:
    return [phase.phase for phase in found.phases if phase.runs]


def reason(found: Plan, phase: str) -> str:
    return next(one.reason for one in found.phases if one.phase == phase)


ALL = ["weights", "kernels", "deploy", "wait", "verify"]


@pytest.mark.parametrize(
    ("new", "standing", "expected"),
    [
        (BASE, live(None, *MISSING), ALL),
        (BASE, live(None, *READY), ALL[2:]),
        (BASE, live(deployed(), *READY), []),
        (BASE, live(deployed(), MISSING[0], READY[1]), ["weights"]),
        (BASE, live(deployed(state="stopped"), *READY), ALL[2:]),
        (BASE, live(deployed(release=None, digest=""), *READY), ALL[2:]),
        (BASE, live(deployed()), ["weights", "kernels"]),
        (BASE, live(deployed(), *READY, OWED), ALL[3:]),
        (LESS, live(deployed(), *READY), ALL[2:]),
        (LESS, live(deployed(), *READY, OWED), ALL[2:]),
        (BASE, Standing("nothing", None, (), ()), ALL),
        (BASE, Standing("record", deployed(), (), ()), []),
        (LESS, Standing("record", deployed(), (), ()), ALL[2:]),
        (NEWER, Standing("record", deployed(), (), ()), ALL[1:]),
        (OTHER_COMMIT, Standing("record", deployed(), (), ()), ALL),
        (BASE, Standing("record", deployed(release=None), (), ()), ALL[:2]),
    ],
)
def test_the_phases_that_run(new: Release, standing: Standing, expected: list[str]) -> None:
    found = plan(new, standing)

    assert runs(found) == expected
    assert found.nothing_to_do is (not expected)
    assert [phase.phase for phase in found.phases] == ALL
    assert all(phase.reason for phase in found.phases)
    assert all(phase.cost is None for phase in found.phases if not phase.runs)


def test_what_was_found_out_is_the_reason() -> None:
    found = plan(BASE, live(deployed(), READY[0], MISSING[1]))

    assert reason(found, "weights") == READY[0].reason
    assert reason(found, "kernels") == MISSING[1].reason
    assert reason(found, "deploy") == "version 7 is this release"


def test_kernels_say_why_they_compile_again_by_the_record() -> None:
    found = plan(NEWER, Standing("record", deployed(), (), ()))

    assert reason(found, "kernels") == (
        "kernels compile again, because engine.version 0.5.10.post1 -> 0.5.23"
    )


def test_weights_of_the_builtin_model_are_not_downloaded() -> None:
    builtin = replace(BASE, model=replace(BASE.model, source="builtin"))

    assert "weights" not in runs(plan(builtin, Standing("nothing", None, (), ())))


def test_the_version_is_the_next_one_where_something_is_deployed() -> None:
    assert plan(BASE, live(None, *READY)).version == 1
    assert plan(LESS, live(deployed(), *READY)).version == 8
    assert plan(BASE, live(deployed(), *READY)).version == 7


def test_a_month_is_compared_with_what_is_deployed_now() -> None:
    kept = with_modal(min_containers=1)
    hour = 50.907168

    more = plan(kept, live(deployed(), *READY)).change.difference
    first = plan(BASE, live(None, *READY)).change.old
    stopped = plan(BASE, live(deployed(state="stopped"), *READY)).change.old
    unread = plan(BASE, live(deployed(release=None, digest="c" * 40), *READY)).change

    assert more is not None
    assert more.zero == pytest.approx(hour * 730)
    assert more.full == pytest.approx(0)
    assert first == stopped == Monthly(0.0, 0.0)
    assert (unread.old, unread.difference) == (None, None)


def test_once_is_the_phases_that_run_and_one_idle_tail() -> None:
    only_deploy = plan(LESS, live(deployed(), *READY)).once
    everything = plan(BASE, live(None, *MISSING)).once
    nothing = plan(BASE, live(deployed(), *READY)).once
    start, idle, kernels, weights = (12.58, 72.12), 12.73, (12.58, 101.81), (0.0, 3.56)

    assert only_deploy.at_least == pytest.approx(start[0] + idle, abs=0.02)
    assert only_deploy.at_most == pytest.approx(start[1] + idle, abs=0.02)
    assert everything.at_least == pytest.approx(start[0] + idle + kernels[0], abs=0.02)
    assert everything.at_most == pytest.approx(start[1] + idle + kernels[1] + weights[1], abs=0.02)
    assert (nothing.at_least, nothing.at_most) == (0.0, 0.0)


def test_a_server_that_is_asked_again_costs_its_start_and_its_idle_time() -> None:
    found = plan(BASE, live(deployed(), *READY, OWED))

    assert reason(found, "verify") == OWED.reason
    assert found.once == plan(LESS, live(deployed(), *READY)).once


def test_once_has_no_figure_where_a_price_is_missing() -> None:
    once = plan(BASE, live(None, *MISSING), replace(SHIPPED, gpus=())).once

    assert (once.at_least, once.at_most) == (None, None)


def test_more_gpus_than_plans_of_modal_have_are_noted() -> None:
    def notes(found: Plan) -> str:
        return "\n".join(found.notes)

    three = notes(plan(BASE, live(None, *READY)))
    seven = notes(plan(with_modal(max_containers=7), live(None, *READY)))
    one = notes(plan(with_modal(max_containers=1), live(None, *READY)))
    again = notes(plan(LESS, live(deployed(), *READY)))

    assert "24 GPUs at a time; of Modal's plans Starter has 10 (enough for 1)" in three
    assert "Starter has 10 (enough for 1) and Team has 50 (enough for 6)" in seven
    assert "GPUs" not in one
    assert "with one that runs, that is 16 GPUs" in again
    assert "beside the old ones" not in three


def test_old_weights_that_stay_are_noted() -> None:
    found = plan(OTHER_COMMIT, live(deployed(), MISSING[0], READY[1]))

    assert any("of version 7 stays on the volume" in note for note in found.notes)


def test_a_release_that_nobody_can_read_is_noted_and_not_compared() -> None:
    found = plan(BASE, live(deployed(release=None, digest="c" * 40), *READY, notes=("told",)))

    assert found.diff is None
    assert found.notes[0] == "told"
    assert "the release of version 7 is recorded nowhere" in found.notes[1]


def test_a_release_for_this_machine_has_no_plan() -> None:
    with pytest.raises(Failure, match="not for Modal"):
        plan(read_release("profiles/cpu-tiny.yaml"), live(None))


@pytest.mark.parametrize(
    "standing",
    [
        live(None, *READY),
        live(deployed(version=8), *READY),
        live(deployed(state="stopped"), *READY),
        live(deployed(digest="c" * 40), *READY),
        live(deployed(environment="dev"), *READY),
        live(deployed(), MISSING[0], READY[1]),
        Standing("record", deployed(), READY, ()),
    ],
)
def test_a_moved_world_has_another_fingerprint(standing: Standing) -> None:
    assert plan(LESS, standing).fingerprint != plan(LESS, live(deployed(), *READY)).fingerprint


def test_traffic_notes_and_prices_are_no_move_and_another_release_is() -> None:
    then = plan(LESS, live(deployed(), *READY)).fingerprint
    busy = live(deployed(containers=3), *READY, notes=("a secret is there now",))

    assert plan(LESS, busy, replace(SHIPPED, date="later")).fingerprint == then
    assert plan(NEWER, live(deployed(), *READY)).fingerprint != then


def test_the_changes_and_the_money_of_a_plan_are_of_one_table() -> None:
    double = tuple(replace(price, dollars=2 * price.dollars) for price in SHIPPED.gpus)
    mine = replace(SHIPPED, date="2026-11-20", source="modal billing rates", gpus=double)
    fewer = with_modal(max_containers=1)
    made = plan(fewer, live(deployed(), *READY), mine)

    assert made.diff is not None
    assert made.diff.labels[0] == "money at most $302.71 -> $100.90 an hour"
    (money,) = [c for c in made.diff.changes[0].consequences if c.effect is Effect.MONEY]
    assert "memory prices of modal billing rates, 2026-11-20" in money.reason
    assert made.cost.hourly == pytest.approx(100.90, abs=0.01)
    assert diff(BASE, fewer).labels[0] == "money at most $152.72 -> $50.91 an hour"


def test_a_digest_is_as_long_as_the_tags_have_it() -> None:
    assert DIGEST_LENGTH == len(short_digest(BASE)) == len(plan(BASE, live(None)).digest)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
DEPLOYED = st.builds(
    Deployed,
    release=st.sampled_from([None, BASE, LESS, NEWER]),
    digest=st.sampled_from(["", "c" * 40, BASE.digest()[:40]]),
    app=TEXT,
    environment=TEXT,
    version=st.integers(0, 99),
    state=st.sampled_from(["deployed", "stopped"]),
    who=TEXT,
    when=st.floats(0, 4e9),
    commit=TEXT,
    dirty=st.booleans(),
    url=TEXT,
    containers=st.integers(0, 9),
)
FACTS = st.builds(PhaseFact, st.sampled_from(["weights", "kernels"]), st.booleans(), TEXT)
STANDINGS = st.builds(
    Standing,
    source=st.sampled_from(["modal", "record", "nothing"]),
    deployed=st.none() | DEPLOYED,
    facts=st.lists(FACTS, max_size=2).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("own", "theirs", "state", "new", "expected"),
    [
        ("b.yaml", "a.yaml", "deployed", LESS, True),
        ("a.yaml", "a.yaml", "deployed", LESS, False),
        ("b.yaml", "", "deployed", LESS, False),
        ("", "a.yaml", "deployed", LESS, False),
        ("b.yaml", "a.yaml", "stopped", LESS, False),
        ("b.yaml", "a.yaml", "deployed", BASE, False),
    ],
)
def test_only_what_another_file_deployed_and_is_up_is_taken_over(
    own: str, theirs: str, state: str, new: Release, *, expected: bool
) -> None:
    found = replace(plan(new, live(deployed(state=state, file=theirs), *READY)), file=own)

    assert found.takes_over is expected
    assert not replace(plan(new, live(None, *READY)), file=own).takes_over


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (None, "modal.max_inputs"),
        (frozenset[str](), "schedule.max_running_requests"),
        (frozenset({"modal.max_inputs"}), "modal.max_inputs"),
    ],
)
def test_what_follows_from_a_key_is_planned_by_that_key(
    written: frozenset[str] | None, key: str
) -> None:
    assert BASE.modal is not None
    new = replace(BASE, modal=replace(BASE.modal, max_inputs=64))
    said = None if written is None else written.__contains__
    found = make_plan(new, live(deployed(), *READY), SHIPPED, written=said).diff

    assert found is not None
    assert [one.change.key for one in found.changes] == [key]


@given(st.sampled_from([BASE, LESS]), STANDINGS, st.none() | st.sets(st.just("modal.max_inputs")))
def test_a_plan_comes_back_from_its_json(
    new: Release, standing: Standing, keys: set[str] | None
) -> None:
    made = make_plan(new, standing, SHIPPED, written=keys.__contains__ if keys else None)

    assert from_json(to_json(made, "name: x"), "plan.json") == Saved(made, "name: x")


WRITTEN = to_json(plan(LESS, live(deployed(), *READY)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        (WRITTEN[:500], "not JSON"),
        ("[" * 200_000, "more than 64 deep"),
        (WRITTEN.replace('"version": 8', f'"version": {10**400}'), "a number of 401 characters"),
        (WRITTEN.replace('"version": 7', f'"version": {10**39}'), "version: it was edited"),
        (WRITTEN.replace('"containers": 2', '"containers": 2, "containers": 3'), "stands twice"),
        (WRITTEN.replace('"file": ""', '"file": "../x"'), "is no mark of a file"),
        (WRITTEN.replace('"profile": ""', '"profile": 5'), "expected a text, found 5"),
        ("[]", "not a plan: it has no `format_version`"),
        ("{}", "not a plan: it has no `format_version`"),
        ('{"format_version": 2}', "a plan of format 2, and only 1 is read"),
        (WRITTEN.replace('"source": "modal"', '"source": "hearsay"'), "damaged: source"),
        (WRITTEN.replace('"dirty": true', '"dirty": 1'), "Deployed.dirty: expected bool"),
        (WRITTEN.replace('"facts"', '"fact"'), "damaged: it has no 'facts'"),
        (WRITTEN.replace('"version": 8', '"version": 9'), "in version: it was edited"),
        (WRITTEN.replace('0.8"', '0.9"'), "it was edited"),
    ],
)  # fmt: skip
def test_a_damaged_plan_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_json(text, "plan.json")

    assert said in caught.value.message
    assert caught.value.message.startswith("plan.json ")
    assert "deployer plan" in caught.value.hint


@pytest.mark.parametrize("junk", [None, 0, "x", [], {}, [1], {"a": 1}])
def test_no_part_of_a_plan_can_be_junk(junk: Any) -> None:
    value = json.loads(WRITTEN)
    sound = {("stated", "[]"), ("profile", '"x"')}
    parts = [k for k in value if value[k] != junk and (k, json.dumps(junk)) not in sound]
    assert len(parts) >= len(value) - 2
    for key in parts:
        with pytest.raises(UsageError, match=r"^plan\.json "):
            from_json(json.dumps({**value, key: junk}), "plan.json")
