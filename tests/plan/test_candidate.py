"""A candidate in a plan: what it is, where it stands, and what it costs at most."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.cli.reading import read_release
from deployer.errors import UsageError
from deployer.facts.prices import SHIPPED
from deployer.plan.candidate import IDLE, beside, minutes_of, with_candidate
from deployer.plan.deployment import Plan, make_plan
from deployer.plan.standing import Standing
from deployer.release import ModalParameters, Release
from deployer.report.plan_text import summary, text
from tests.plan.standings import deployed

PROFILE = "profiles/b200-fp8-latest.yaml"


def release() -> Release:
    return read_release(PROFILE)


def parameters() -> ModalParameters:
    found = release().modal
    assert found is not None
    return found


def planned(before: Release | None = None) -> Plan:
    there = None if before is None else deployed(before)
    return make_plan(release(), Standing("modal", there, (), ()), SHIPPED)


def test_a_candidate_has_the_same_volumes_and_secrets_and_none_of_the_addresses() -> None:
    live = replace(parameters(), label="glm", custom_domains=("llm.example.com",), min_containers=2)
    found = beside(live, 20)
    assert found == replace(
        live,
        app=f"{live.app}-candidate",
        label="",
        custom_domains=(),
        min_containers=0,
        max_containers=1,
        scaledown_window=IDLE,
        startup_timeout=1200,
    )


def test_its_minutes_are_priced_before_anything_is_asked() -> None:
    plan = planned()
    found = with_candidate(plan, 30)
    names = [phase.phase for phase in found.phases]
    assert names == ["weights", "kernels", "candidate", "deploy", "wait", "verify"]
    (step,) = (phase for phase in found.phases if phase.phase == "candidate")
    assert step.cost is not None
    assert (step.cost.at_least, step.cost.at_most, minutes_of(found)) == (None, 31.0, 30)
    assert step.cost.dollars_at_most is not None
    assert plan.cost.hourly is not None
    assert step.cost.dollars_at_most == pytest.approx(plan.cost.hourly * 31 / 60)
    assert found.once.at_most is not None
    assert plan.once.at_most is not None
    assert found.once.at_most - plan.once.at_most == pytest.approx(step.cost.dollars_at_most)
    assert "8 x B200 more meanwhile" in " ".join(text(found).split())
    assert summary(found) != summary(plan)
    assert (found.digest, found.fingerprint) == (plan.digest, plan.fingerprint)


def test_by_itself_it_gets_its_start_and_half_an_hour() -> None:
    most = -(-parameters().startup_timeout // 60) + 30
    assert minutes_of(with_candidate(planned())) == most
    assert minutes_of(planned()) == 0


def test_where_nothing_is_deployed_there_is_nothing_to_prove() -> None:
    plan = planned(before=release())
    assert not plan.deploys
    assert with_candidate(plan) == plan


def test_a_name_that_modal_would_not_take_is_refused_before_anything_is_spent() -> None:
    plan = replace(planned(), app="a" * 60)
    with pytest.raises(UsageError, match="Modal takes 64 characters") as error:
        with_candidate(plan)
    assert error.value.hint == "make `modal.app` 6 characters shorter"
