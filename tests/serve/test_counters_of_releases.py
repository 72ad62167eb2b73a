"""Where every release of the engine keeps the counters that liveness is told from."""

from __future__ import annotations

import zipfile

import pytest

from deployer.catalogue.cache import wheel_path
from deployer.facts.sglang.catalogue import load, releases
from deployer.serve.counters import CAME_OUT, COMPUTED, METRICS_FLAG

pytestmark = pytest.mark.wheels

WORDS = (
    COMPUTED,
    *(name.removesuffix("_count") for name in CAME_OUT),
    '"prefill_compute"',
    '"decode"',
    '"/v1/loads"',
    "num_running_reqs",
    '"/generate"',
)
"""Words that stand in the source of each: names of counters, modes, routes and fields."""


@pytest.mark.parametrize("version", releases())
def test_a_release_has_what_is_asked_of_it(version: str) -> None:
    with zipfile.ZipFile(wheel_path(version)) as wheel:
        text = "".join(
            wheel.read(name).decode()
            for name in wheel.namelist()
            if name.startswith("sglang/srt/") and name.endswith(".py")
        )
    assert [word for word in WORDS if word not in text] == []
    assert load(version).find(METRICS_FLAG)
