"""Deployments of several shapes: what changes in which, what runs for which, what each costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deployer.check.run import judge
from deployer.compile.case import Case
from deployer.facts.prices import SHIPPED
from deployer.finding import Severity
from deployer.plan.bill import bills
from deployer.plan.candidate import with_candidate
from deployer.plan.deployment import make_plan
from deployer.plan.diff import Diff, diff
from deployer.plan.effects import Effect
from deployer.plan.review import added, compared, facts
from deployer.plan.review import review as reviewed
from deployer.plan.sides import Sides, side
from deployer.plan.standing import PhaseFact, Standing
from deployer.release import Release
from deployer.report import review_markdown
from deployer.report.changes import line
from deployer.report.contents import contents
from deployer.report.cost import text as cost_text
from deployer.report.plan_json import from_json, to_json
from deployer.report.plan_text import text as plan_text
from deployer.report.release import flags
from deployer.report.review_json import diff_value
from tests.check.examples import merged
from tests.check.test_shapes import NAMES, OTHER, text
from tests.plan.standings import deployed

GLM = {"model": {"repo": "zai-org/GLM-5.1-FP8", "trust_remote_code": True}}
OWN = merged(GLM, NAMES)
NOTHING = Standing("nothing", None, (), ())
TWO = merged(merged(GLM, OTHER), {"memory": {"mem_fraction_static": 0.8}})


def case(own: dict[str, Any] = OWN, *others: dict[str, Any]) -> Case:
    judged = judge(text(own, *(others or (TWO,))), "glm.yaml")
    assert judged.whole is not None, judged.findings
    assert not [one for one in judged.findings if one.severity is Severity.ERROR]
    return judged.whole


def release(own: dict[str, Any] = OWN, *others: dict[str, Any]) -> Release:
    return case(own, *others).release


def lines(found: Diff) -> list[str]:
    return [line(one.change).strip() for one in found.changes]


def test_a_change_is_said_of_the_shape_that_it_is_in_and_one_of_all_once() -> None:
    old = release()
    eight = merged(TWO, {"memory": {"mem_fraction_static": 0.7}})
    found = diff(old, release(OWN, eight))
    assert lines(found) == [
        "~ H200:8 --mem-fraction-static  0.8 -> 0.7  (memory.mem_fraction_static)"
    ]
    assert found.capacity is not None
    assert found.capacity.sentence.startswith("on H200:8, KV pool: about ")
    assert "shape" in diff_value(found)["changes"][0]

    both = {"schedule": {"max_running_requests": 40}}
    found = diff(old, release(merged(OWN, both), merged(TWO, both)))
    assert lines(found) == [
        "~ modal.max_inputs  48 -> 40",
        "~ modal.target_inputs  48 -> 40",
        "~ --max-running-requests  48 -> 40  (schedule.max_running_requests)",
    ]
    assert found.capacity is not None
    assert [each.shape for each in (found.capacity, *found.capacity.others)] == ["B200:8", "H200:8"]

    own = {"memory": {"mem_fraction_static": 0.7}, "modal": {"max_containers": 4}}
    assert lines(diff(old, release(merged(OWN, own)))) == [
        "~ modal.max_containers  1 -> 4",
        "+ B200:8 --mem-fraction-static  0.7  (memory.mem_fraction_static)",
    ]
    assert not diff(old, release())


def test_shapes_that_come_go_and_change_places() -> None:
    two, one = release(), release(GLM)
    came, went = diff(one, two), diff(two, one)
    assert lines(came) == ["+ shape H200:8  other  (modal.fallback)"]
    assert {Effect.MONEY, Effect.CONTAINERS} <= set(came.effects)
    assert any("an hour a container on H200:8" in label for label in came.labels)
    assert lines(went) == ["- shape H200:8  was other  (modal.fallback)"]

    third = merged(OTHER, {"hardware": {"gpu": "B300"}, **GLM})
    named = {"modal": {"fallback": ["other.yaml", "third.yaml"]}}
    three = release(merged(OWN, named), TWO, third)
    back = release(merged(OWN, {"modal": {"fallback": ["third.yaml", "other.yaml"]}}), TWO, third)
    assert lines(diff(three, back)) == [
        "~ order of shapes  B200:8 H200:8 B300:8 -> B200:8 B300:8 H200:8  (modal.fallback)"
    ]
    assert three.digest() != back.digest()
    # The first one's GPUs change: it is the same place in another dress, and no shape is new.
    moved = diff(one, release(merged(GLM, {"hardware": {"gpu": "H200"}})))
    assert any(each.startswith("~ hardware.gpu  B200 -> H200") for each in lines(moved))
    assert not any("shape" in each for each in lines(moved))


def test_each_shape_compiles_its_kernels_and_the_diff_announces_just_that() -> None:
    old = release()
    new = release(OWN, merged(TWO, {"moe": {"runner": "deep_gemm"}}))
    before, after = side(old), side(new)
    there = {each.kernels for each in before.shapes}
    kernels_of = (
        PhaseFact("kernels", one.kernels in there, "as they lie there", one.release.shape)
        for one in after.shapes
    )
    facts = (PhaseFact("weights", done=True, reason="complete"), *kernels_of)
    for standing in (
        Standing("modal", deployed(old), facts, ()), Standing("record", deployed(old), (), ())
    ):  # fmt: skip
        plan = make_plan(new, standing, SHIPPED)
        runs = [(one.phase, one.shape) for one in plan.phases if one.runs]
        assert runs == [("kernels", "H200:8"), ("deploy", ""), ("wait", ""), ("verify", "")]
        assert plan.diff is not None
        kernels = [
            one.change.shape for one in plan.diff.changes
            if Effect.KERNELS in {each.effect for each in one.consequences}
        ]  # fmt: skip
        assert set(kernels) == {"H200:8"}
        shown = plan_text(plan)
        assert "kernels  runs  on H200:8: " in shown
        assert "kernels  done  on B200:8: " in shown
        saved = from_json(to_json(plan), "plan.json").plan
        assert (saved.digest, saved.phases, saved.others) == (plan.digest, plan.phases, plan.others)
    same = Sides(before, side(old))
    assert [pair.name for pair in same.shapes] == ["B200:8", "H200:8"]


def test_money_of_each_shape_the_cheapest_and_the_dearest() -> None:
    found = bills(case().each_shape(), SHIPPED)
    assert [one.cost.gpus for one in found] == ["8 x B200", "8 x H200"]
    assert [one.weights is not None for one in found] == [True, False]
    shown = cost_text(found)
    assert "sane, on 8 x B200 (" in shown
    assert "other, on 8 x H200 (" in shown
    dear, cheap = (one.cost.hourly for one in found)
    assert dear is not None
    assert cheap is not None
    assert shown.endswith(
        f"The cheapest is 8 x H200 at ${cheap:.2f} an hour a container, the dearest 8 x B200 at "
        f"${dear:.2f}; which one it is, Modal decides.\n"
    )
    plan = make_plan(release(), NOTHING, SHIPPED)
    assert [one.hourly for one in (plan.cost, *plan.others)] == [dear, cheap]
    assert "on          8 x B200, else 8 x H200, Modal app b" in plan_text(plan)
    said = " ".join(plan_text(plan).split())
    assert said.endswith("a month more at full load; a server is priced for 8 x B200.")
    unknown = [found[0], replace(found[1], cost=replace(found[1].cost, hourly=None))]
    assert "is not known: not all of them have a price" in cost_text(unknown)


def test_the_pool_and_the_price_of_each_shape_are_said_and_not_the_first_ones_alone() -> None:
    rows = facts(release())
    pools, prices = ([text for name, text in rows if name == what] for what in ("KV pool", "money"))
    assert [one.rpartition(", on ")[2] for one in (*pools, *prices)] == ["8 x B200", "8 x H200"] * 2
    assert len({one.partition(" tokens")[0] for one in pools}) == 2
    assert len({one.partition(" an hour")[0] for one in prices}) == 2
    shown = " ".join(plan_text(make_plan(release(), NOTHING, SHIPPED)).split())
    assert all(one in shown for one in pools)


def test_a_pool_that_nobody_can_reckon_is_called_unknown() -> None:
    odd = {"model": {"repo": "a/b", "served_name": "b"}}
    rows = facts(release(merged(OWN, odd), merged(TWO, odd)))
    first, second = (text for name, text in rows if name == "KV pool")
    assert first.startswith("not known, on 8 x B200: ")
    assert second.startswith("not known, on 8 x H200: ")


def test_a_candidate_of_several_shapes_names_them_all() -> None:
    plan = with_candidate(make_plan(release(), NOTHING, SHIPPED))
    (step,) = (phase for phase in plan.phases if phase.phase == "candidate")
    assert (
        "; 8 x B200, else 8 x H200 more meanwhile (priced for 8 x B200); only then" in step.reason
    )


def test_what_a_shape_has_apart_is_in_all_that_is_shown_of_a_new_deployment() -> None:
    loose = merged(TWO, {"engine": {"env": {"LD_PRELOAD": "/x.so"}}})
    of = release(OWN, loose)
    for shown in (flags(of), "\n".join(contents(of))):
        assert "+ --mem-fraction-static  0.8  (memory.mem_fraction_static)" in shown
        assert "LD_PRELOAD" in shown
    assert "# else gpu H200:8: other, and where it is not as above" in flags(of)
    new = added(side(of), "glm.yaml")
    assert ("LD_PRELOAD", "H200:8") in {(one.what, one.shape) for one, _, _ in new.powers}
    comment = review_markdown.markdown(reviewed([new]))
    assert "on `H200:8`: `LD_PRELOAD`" in comment
    changed = compared(side(release()), side(of), "glm.yaml")
    assert "on `H200:8`: `LD_PRELOAD`" in review_markdown.markdown(reviewed([changed]))
