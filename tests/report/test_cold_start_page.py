"""docs/cold-start.md: what it calls ours is what the tool reckons."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.cli.reading import read_release
from deployer.facts.gpus import GIB
from deployer.facts.modal.images import IMAGE_TIMEOUT
from deployer.facts.models.catalogue import find
from deployer.facts.prices import SHIPPED
from deployer.facts.sizes import WRITERS
from deployer.plan.cost import Estimate, compiling, cost, download, reading, span
from deployer.plan.writers import containers
from deployer.serve.kernels.keeping import KEEP_EVERY

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
    tried = download(release.modal, release, SHIPPED)
    assert tried.hourly is not None
    assert tried.at_most is not None
    said = f"at most {span(tried.at_most)} and ${tried.dollars_at_most:.2f} for a try"
    assert f"its end alone, {said}" in PAGE
    assert f"at ${tried.hourly:.2f} an hour" in PAGE
    known = find(release.model.repo)
    assert known is not None
    assert known.gib is not None
    size = known.gib * GIB
    assert f"{known.gib:.1f} GiB ({size / 1e9:.0f} GB) of weights" in PAGE
    count = containers(release.modal, size)
    connections = count * release.modal.download_connections
    assert f"{count} CPU containers, {connections} connections" in PAGE

    def lasts(*rates: float) -> tuple[str, str]:
        hours = [size / rate / 3600 for rate in rates]
        paid = (f"${each * (tried.hourly or 0.0):.2f}" for each in hours)
        return " to ".join(f"{60 * each:.0f}" for each in hours) + " min", " to ".join(paid)

    times, dollars = lasts(connections * 68e6, connections * 8.7e6)
    assert f"{times} at the published 68 or 8.7 MB/s a connection" in PAGE
    assert f", {dollars} at $" in PAGE
    times, dollars = lasts(count * 194e6, count * 97e6)
    assert f"{times} at 194 to 97 MB/s a container, if that is what bounds it, {dollars}" in PAGE
    assert f"up to {WRITERS[2]} containers on a volume of version 2" in PAGE
    assert f"a container may take {IMAGE_TIMEOUT / 60:.0f} min to start" in PAGE
    assert f"whole kernels onto the volume every {KEEP_EVERY:.0f} s" in PAGE
