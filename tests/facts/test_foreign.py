"""What other engines call things: nothing of SGLang's own, and always something that it takes."""

from __future__ import annotations

import pytest

from deployer.facts.foreign import FOREIGN
from deployer.facts.foreign_values import VALUES, value_of
from deployer.facts.sglang.catalogue import load, newest, releases
from deployer.facts.sglang.history import choice_lifetimes, lifetimes
from deployer.facts.sglang.replacements import accepts, spell


@pytest.mark.parametrize("flag", FOREIGN)
def test_a_foreign_flag_is_none_of_sglang(flag: str) -> None:
    row = FOREIGN[flag]

    assert not lifetimes(flag)
    assert row.why or row.same
    assert bool(row.flag) != row.needless
    assert (
        not row.flag or spell(load(newest()), row.flag, ("1",)) or spell(load(newest()), row.flag)
    )


@pytest.mark.parametrize("flag", VALUES)
def test_a_foreign_value_is_none_of_sglang_and_its_name_here_is_one(flag: str) -> None:
    assert VALUES[flag]
    for value, row in VALUES[flag].items():
        assert not any(
            accepts(load(v), flag, (value,)) for v in releases() if load(v).find(flag)
        ), value
        assert choice_lifetimes(flag, row.write), (flag, value)
        assert value_of(flag, value) == row


def test_a_value_that_is_not_known() -> None:
    assert value_of("--kv-cache-dtype", "fp7") is None
    assert value_of("--never-was", "fp8") is None
