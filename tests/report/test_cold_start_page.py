"""docs/cold-start.md: what it calls ours is what the tool reckons."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.cli.reading import read_release
from deployer.facts.prices import SHIPPED
from deployer.plan.cost import Estimate, compiling, cost, download, reading, span
from deployer.plan.writers import containers

PAGE = " ".join(Path("docs/cold-start.md").read_text(encoding="utf-8").split())


def bounds(found: Estimate) -> str:
    assert found.at_least is not None
    assert found.at_most is not None
    time = f"{span(round(found.at_least, 1))} to {span(round(found.at_most, 1))}"
    return f"{time}, ${found.dollars_at_least:.2f} to ${found.dollars_at_most:.2f}"


@pytest.mark.parametrize("name", ["b200-fp8-eagle", "b200-fp8-latest"])
def test_ours_is_what_the_tool_reckons(name: str) -> None:
    release = read_release(f"profiles/{name}.yaml")
    assert release.modal is not None
    found, load = cost(release, release.modal, SHIPPED), reading(release)
    assert load is not None
    assert load.slow is not None
    assert found.hourly is not None
    paid = [f"${minutes / 60 * found.hourly:.2f}" for minutes in (load.fast, load.slow)]
    slow = span(round(load.slow, 1))
    assert f"{load.fast:.1f} to {slow}, {paid[0]} to {paid[1]}" in PAGE
    assert bounds(compiling(release, SHIPPED)) in PAGE
    assert f"{found.start.at_most:g} min, ${found.start.dollars_at_most:.2f}" in PAGE
    assert f"{found.idle_minutes:g} min, ${found.idle:.2f}" in PAGE
    hourly = download(release.modal, release, SHIPPED).hourly
    assert hourly is not None
    assert f"${hourly:.2f} an hour" in PAGE
    count = containers(release.modal, 756.16e9)
    connections = count * release.modal.download_connections
    quick, late = (756.16e9 / (connections * rate) / 3600 for rate in (68e6, 8.7e6))
    assert f"{count} CPU containers, {connections} connections" in PAGE
    assert f"{60 * quick:.0f} to {60 * late:.0f} min" in PAGE
    assert f"${quick * hourly:.2f} to ${late * hourly:.2f}" in PAGE
