"""The difference between two releases, and what a reader sees of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.cli.reading import read_release
from deployer.plan.changes import Change, changes, everything
from deployer.plan.diff import diff
from deployer.plan.sides import Sides, side
from deployer.plan.spelling import respelt
from deployer.release import Argument, Beside, Release, Variable
from deployer.report.changes import text
from deployer.secret import HIDDEN

BASE = read_release("profiles/cpu-tiny.yaml")
MODAL = read_release("profiles/b200-fp8-eagle.yaml")


def test_the_same_release_has_no_changes() -> None:
    assert changes(BASE, BASE) == ()
    assert changes(None, BASE) == ()
    assert text(()) == ""
    assert not diff(BASE, BASE)


def test_each_kind_of_change_is_told_with_its_key() -> None:
    arguments = tuple(
        replace(a, values=("32",)) if a.flag == "--max-running-requests" else a
        for a in BASE.arguments
        if a.flag != "--enable-metrics"
    )
    new = replace(
        BASE,
        arguments=(*arguments, Argument("--page-size", ("64",), "memory.page_size")),
        environment=(*BASE.environment, Variable("SGLANG_X", "1", "engine.env.SGLANG_X")),
        lifecycle=replace(BASE.lifecycle, drain=5.0),
    )

    assert changes(BASE, new) == (
        Change("changed", "schedule.max_running_requests", "--max-running-requests", "48", "32"),
        Change("removed", "observability.metrics", "--enable-metrics", "on", ""),
        Change("added", "memory.page_size", "--page-size", "", "64"),
        Change("added", "engine.env.SGLANG_X", "SGLANG_X", "", "1"),
        Change("changed", "lifecycle.drain_timeout", "lifecycle.drain_timeout", "60", "5"),
    )
    assert text(changes(BASE, new)) == (
        "  ~ --max-running-requests   48 -> 32  (schedule.max_running_requests)\n"
        "  - --enable-metrics         was on  (observability.metrics)\n"
        "  + --page-size              64  (memory.page_size)\n"
        "  + SGLANG_X                 1  (engine.env.SGLANG_X)\n"
        "  ~ lifecycle.drain_timeout  60 -> 5\n"
    )


def test_a_key_that_compiles_to_another_flag_now_is_one_change() -> None:
    """Of a flag and a variable of one key, and of two flags of one key, nothing is made one."""
    key = "observability.metrics"

    def found(new: Release) -> tuple[Change, ...]:
        return respelt(changes(BASE, new), Sides(side(BASE), side(new)))

    kept = tuple(a for a in BASE.arguments if a.flag != "--enable-metrics")
    assert len(kept) == len(BASE.arguments) - 1
    other = replace(BASE, arguments=(*kept, Argument("--other", ("7",), key)))
    two = replace(other, arguments=(*other.arguments, Argument("--third", (), key)))
    other_name = Variable("OTHER", "7", key)
    variable = replace(BASE, arguments=kept, environment=(*BASE.environment, other_name))

    removed = Change("removed", key, "--enable-metrics", "on", "")
    assert found(other) == (Change("changed", key, "--other", "on", "7", was="--enable-metrics"),)
    assert found(two) == (
        removed,
        Change("added", key, "--other", "", "7"),
        Change("added", key, "--third", "", "on"),
    )
    assert found(variable) == (removed, Change("added", key, "OTHER", "", "7"))
    both = replace(other, environment=variable.environment)
    assert [change.kind for change in found(both)] == ["changed", "added"]


def test_a_different_digest_always_has_a_change_to_show() -> None:
    for name in ("b200-fp8-eagle", "b200-no-spec", "h200-fallback"):
        other = replace(read_release(f"profiles/{name}.yaml"), name=BASE.name)
        assert other.digest() != BASE.digest()
        assert changes(BASE, other)
    assert changes(BASE, replace(BASE, warmup=BASE.warmup[::-1]))


FLAGS = st.dictionaries(
    st.sampled_from([f"--flag-{letter}" for letter in "abcdef"]),
    st.lists(st.text("xyz1 ", min_size=1), max_size=2).map(tuple),
)


@given(FLAGS, FLAGS)
def test_the_changes_applied_to_the_old_give_the_new(
    old: dict[str, tuple[str, ...]], new: dict[str, tuple[str, ...]]
) -> None:
    before, after = (
        replace(BASE, arguments=tuple(Argument(f, v, f"engine.args.{f}") for f, v in side.items()))
        for side in (old, new)
    )
    texts, wanted = (
        {a.flag: " ".join(a.values) or "on" for a in side.arguments} for side in (before, after)
    )

    for change in changes(before, after):
        assert texts.get(change.what, "") == change.old
        texts |= {change.what: change.new}

    assert {flag: text for flag, text in texts.items() if text} == wanted


def test_every_parameter_is_told_by_a_key_that_a_profile_has() -> None:
    from deployer.plan.meaning import of_key  # noqa: PLC0415 - only this test

    told = [c for c in everything(MODAL) if "." in c.what and not c.what.startswith("--")]

    assert len(told) > 25
    assert [c.what for c in told if not of_key(c.what).help] == []


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (frozenset[str](), "schedule.max_running_requests"),
        (frozenset({"modal.max_inputs"}), "modal.max_inputs"),
    ],
)
def test_what_follows_from_a_key_names_that_key(written: frozenset[str], key: str) -> None:
    assert MODAL.modal is not None
    new = replace(MODAL, modal=replace(MODAL.modal, max_inputs=64))

    (change,) = changes(MODAL, new, written.__contains__)

    assert change == Change("changed", key, "modal.max_inputs", "48", "64")


def test_another_served_name_is_one_change_though_every_request_holds_it() -> None:
    bodies = tuple(replace(r, body=r.body.replace("glm-tiny", "new")) for r in BASE.warmup)
    named = tuple(
        replace(a, values=("new",)) if a.flag == "--served-model-name" else a
        for a in BASE.arguments
    )
    new = replace(
        BASE, arguments=named, warmup=bodies, model=replace(BASE.model, served_name="new")
    )

    assert [c.what for c in changes(BASE, new)] == ["--served-model-name"]


def test_another_length_of_the_long_request_is_told() -> None:
    longer = tuple(replace(r, repeat=r.repeat * 2) for r in BASE.warmup)

    (change,) = changes(BASE, replace(BASE, warmup=longer))

    assert change.what == "warm-up long_context"
    assert change.old != change.new


@pytest.mark.parametrize(
    ("name", "value"), [("MY_API_KEY", "x"), ("PLAIN", "hf_abcdefghijklmnopqrst")]
)
def test_what_looks_like_a_secret_is_never_shown(name: str, value: str) -> None:
    old = replace(BASE, environment=(Variable(name, value, "engine.env"),))
    new = replace(BASE, environment=(Variable(name, value + "2", "engine.env"),))

    (change,) = changes(old, new)

    assert (change.old, change.new) == (HIDDEN, HIDDEN)


def test_a_draft_model_and_an_adapter_are_told_by_their_own_keys() -> None:
    draft, adapter = (
        Beside("huggingface", f"me/{role}", "main", f"/w/{role}", role, role=role)
        for role in ("draft", "adapter")
    )
    new = replace(MODAL, beside=(draft, adapter))

    assert {(one.key, one.new) for one in changes(replace(MODAL, beside=()), new)} >= {
        ("speculative.draft_model", "me/draft at main"),
        ("lora.adapters", "me/adapter at main"),
    }
