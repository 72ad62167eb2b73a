"""The difference between two releases, and what a reader sees of it."""

from dataclasses import replace

from deployer.cli.reading import read_release
from deployer.plan.changes import Change, changes
from deployer.release import Argument, Variable
from deployer.report.changes import text

BASE = read_release("profiles/cpu-tiny.yaml")


def test_the_same_release_has_no_changes() -> None:
    assert changes(BASE, BASE) == ()
    assert changes(None, BASE) == ()
    assert text(()) == ""


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
        Change("changed", "lifecycle.drain", "lifecycle.drain", "60.0", "5.0"),
    )
    assert text(changes(BASE, new)) == (
        "  ~ --max-running-requests  48 -> 32  (schedule.max_running_requests)\n"
        "  - --enable-metrics        was on  (observability.metrics)\n"
        "  + --page-size             64  (memory.page_size)\n"
        "  + SGLANG_X                1  (engine.env.SGLANG_X)\n"
        "  ~ lifecycle.drain         60.0 -> 5.0\n"
    )


def test_a_different_digest_always_has_a_change_to_show() -> None:
    for name in ("b200-fp8-eagle", "b200-no-spec", "h200-fallback"):
        other = replace(read_release(f"profiles/{name}.yaml"), name=BASE.name)
        assert other.digest() != BASE.digest()
        assert changes(BASE, other)
    assert changes(BASE, replace(BASE, warmup=BASE.warmup[::-1]))
