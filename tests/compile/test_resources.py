"""What a container of a server is given of the host's memory."""

from __future__ import annotations

import pytest

from deployer.compile.resources import container_memory
from deployer.profile.load import load_profile
from tests.shipped import shipped

TEXT = shipped("b200-no-spec")


@pytest.mark.parametrize("written", ["30", '"30"', "30.0"])
def test_a_cache_in_the_hosts_memory_counts_however_its_size_is_written(written: str) -> None:
    sized = f"engine:\n  args:\n    hicache-size: {written}\n"
    plain = load_profile(TEXT, "p.yaml").profile
    cached = load_profile(TEXT.replace("engine:\n", sized, 1), "p.yaml").profile

    assert plain is not None
    assert cached is not None
    more = container_memory(cached) - container_memory(plain)

    assert abs(more - 8 * 30e9 / 2**20) <= 2 * 1024
