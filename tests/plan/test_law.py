"""The law: what a diff announces is what a plan plans and an apply does, in the same direction.

The control plane is what an apply of the old release left behind: its app, and the markers on its
volumes, which the phases themselves read. An apply carries out the phases that its plan has
(``apply/modal/apply.py``); ``tests/apply/modal/test_life.py`` does it with Modal's real client.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, cast

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from deployer.apply.modal.client import Account
from deployer.apply.modal.markers import kernels_fact, volume_folder, weights_fact
from deployer.behaviour.kernel_key import key_of
from deployer.compile.case import Case
from deployer.compile.pin import pin
from deployer.facts.prices import SHIPPED
from deployer.plan.again import reasons
from deployer.plan.cost import cost
from deployer.plan.deployment import Plan, make_plan
from deployer.plan.diff import Diff, diff_of
from deployer.plan.effects import Effect
from deployer.plan.sides import Side, Sides, side
from deployer.plan.standing import Standing
from deployer.profile.load import load_profile
from deployer.release import ModelSource, Release
from deployer.serve.kernels.marker import Marker, list_digest, marker_path
from deployer.serve.weights.manifest import Manifest
from deployer.serve.weights.marker import MARKER, Complete
from tests.dumped import dumped
from tests.plan.edits import EDITS, SINGLE, Edit, edited
from tests.plan.standings import deployed, modal
from tests.shipped import shipped
from tests.volume import scaled

SHIPPED_PROFILES = ("b200-fp8-eagle", "b200-no-spec", "h200-fallback")


@dataclass(frozen=True)
class Left:
    """The volumes of a workspace as an apply of one release left them: a fake of Modal's files."""

    environment: str
    files: dict[tuple[str, str], bytes]

    def read(self, volume: str, path: str) -> bytes | None:
        return self.files.get((volume, path))

    def sizes(self, volume: str, folder: str) -> dict[str, int]:
        return {
            path.removeprefix(f"{folder}/"): len(data)
            for (where, path), data in self.files.items()
            if where == volume and path.startswith(f"{folder}/")
        }


def left_by(one: Side, asked_in: str) -> Account:
    """Give what is on the volumes of the environment that is asked."""
    release = one.release
    files: dict[tuple[str, str], bytes] = {}
    if modal(release).environment == asked_in:
        for source in release.sources():
            folder = volume_folder(source, modal(release).weights)
            files[modal(release).weights.volume, f"{folder}/{MARKER}"] = _complete(source)
        if one.kernels is not None:
            key = one.kernel_key
            marker = Marker(key, (), (), list_digest(()), 0.0, 0.0, note="none in this test")
            place = one.kernels[1], str(marker_path(key))
            files[place] = marker.to_json().encode()
    return cast("Account", Left(asked_in, files))


def _complete(source: ModelSource) -> bytes:
    return Complete.of(Manifest(source.repo, source.commit, ()), 0.0).to_json().encode()


def released(profile: dict[str, Any]) -> Release | None:
    """Compile a profile and pin it as a hub would; None for one that is not right."""
    loaded = load_profile(dumped(profile), "p.yaml")
    if loaded.profile is None or loaded.profile.modal is None:
        return None
    return pin(Case(loaded.profile).release, _commit)


def _commit(source: ModelSource) -> str:
    """Say what a revision is, as a hub on which nothing moves."""
    named = f"{source.repo}@{source.revision}"
    return hashlib.sha1(named.encode(), usedforsecurity=False).hexdigest()


def base(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(shipped(name)))


def planned(old: Side, new: Side, *, offline: bool = False) -> Plan:
    """Plan the new release where an apply of the old one left everything."""
    same = (modal(old.release).app, modal(old.release).environment) == (
        modal(new.release).app, modal(new.release).environment
    )  # fmt: skip
    there = deployed(old.release, environment=modal(old.release).environment) if same else None
    account = left_by(old, modal(new.release).environment)
    facts = (weights_fact(account, new.release), kernels_fact(account, new, there))
    standing = Standing("record", there, (), ()) if offline else Standing("modal", there, facts, ())
    return make_plan(new.release, standing, SHIPPED, given=new.resolved)


def agree(old: Release, new: Release) -> tuple[Diff, Plan]:
    """Hold the law for two releases of one profile."""
    sides = Sides(side(old), side(new))
    found, plan = diff_of(sides), planned(sides.before, sides.after)
    runs = {phase.phase: phase for phase in plan.phases if phase.runs}
    effects = set(found.effects)
    assert (Effect.WEIGHTS in effects) == ("weights" in runs)
    assert (Effect.KERNELS in effects) == ("kernels" in runs)
    assert (Effect.CONTAINERS in effects) == ("deploy" in runs) == (old.digest() != new.digest())
    assert any(one.change.what == "engine.image" for one in found.changes) == (
        old.engine.image != new.engine.image
    )
    _money(found, plan, sides)
    _direction(plan, sides)
    return found, plan


def _money(found: Diff, plan: Plan, sides: Sides) -> None:
    before, after = (cost(one, modal(one), SHIPPED) for one in (sides.old, sides.new))
    if (before.hourly, before.idle, before.month) != (after.hourly, after.idle, after.month):
        assert Effect.MONEY in found.effects
    for effect, name in ((Effect.KERNELS, "kernels"), (Effect.WEIGHTS, "weights")):
        spent = next(phase.cost for phase in plan.phases if phase.phase == name)
        said = {o.amount for e in found.changes for o in e.consequences if o.effect is effect}
        if spent is not None and said:
            most = spent.dollars_at_most
            assert said == {""} if most is None else all(f"{most:,.2f}" in one for one in said)


def _direction(plan: Plan, sides: Sides) -> None:
    """Every word of a reason leads from the old value to the new one."""
    old, new = sides.before.kernel_key, sides.after.kernel_key
    assert [(b, a) for _, a, b in new.differing(old)] == [(a, b) for _, a, b in old.differing(new)]
    reason = next(phase.reason for phase in plan.phases if phase.phase == "kernels")
    if "kernels compile again, because" in reason and sides.before.kernels is not None:
        assert old.differences(new) == () or "; ".join(old.differences(new)) in reason


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_edit_makes_again_what_it_must(name: str) -> None:
    edit, again = SINGLE[name]
    old, new = released(base("b200-fp8-eagle")), released(edited(base("b200-fp8-eagle"), edit))
    assert old is not None
    assert new is not None

    found, _ = agree(old, new)

    assert ("W" in again) == (Effect.WEIGHTS in found.effects)
    assert ("K" in again) == (Effect.KERNELS in found.effects)
    agree(new, old)


def test_a_step_more_is_said_forward_and_with_its_price() -> None:
    old = released(base("b200-fp8-eagle"))
    new = released(edited(base("b200-fp8-eagle"), Edit(("speculative", "num_steps"), 4)))
    assert old is not None
    assert new is not None

    found, plan = agree(old, new)

    (kernels,) = [phase for phase in plan.phases if phase.phase == "kernels"]
    assert kernels.reason == "kernels compile again, because speculative.num_steps 3 -> 4"
    assert "kernels compiled again (once, $12.58 to $101.81)" in found.labels
    assert reasons(Sides(side(old), side(new))) == ("speculative.num_steps 3 -> 4",)


EDITED = st.lists(st.sampled_from(EDITS), min_size=1, max_size=2, unique_by=lambda one: one.path)


@scaled(1)
@given(
    name=st.sampled_from(SHIPPED_PROFILES),
    before=st.lists(st.sampled_from(EDITS), max_size=1),
    after=EDITED,
)
def test_whoever_announces_plans_and_does_the_same(
    name: str, before: list[Edit], after: list[Edit]
) -> None:
    start = edited(base(name), *before)
    old, new = released(start), released(edited(start, *after))
    assume(old is not None and new is not None)
    assert old is not None
    assert new is not None

    agree(old, new)
    agree(new, old)


@scaled(1)
@given(name=st.sampled_from(SHIPPED_PROFILES), after=EDITED)
def test_a_record_gives_the_same_plan_as_the_volumes(name: str, after: list[Edit]) -> None:
    old, new = released(base(name)), released(edited(base(name), *after))
    assume(old is not None and new is not None)
    assert old is not None
    assert new is not None
    assume(modal(old).app == modal(new).app and modal(old).environment == modal(new).environment)

    live, offline = (planned(side(old), side(new), offline=one) for one in (False, True))

    assert [one.runs for one in live.phases] == [one.runs for one in offline.phases]


def test_the_key_of_an_argument_and_the_order_of_flags_deploy_nothing() -> None:
    said = edited(base("b200-fp8-eagle"), Edit(("parallel", "tp"), 8))
    old, new = released(base("b200-fp8-eagle")), released(said)
    assert old is not None
    assert new is not None

    found, plan = agree(old, new)

    assert not found
    assert plan.nothing_to_do
    assert key_of(old) == key_of(new)
