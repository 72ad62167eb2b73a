"""What other engines call things: nothing of SGLang's own, and always something that it takes."""

from __future__ import annotations

from zipfile import ZipFile

import pytest

from deployer.facts.foreign import DIFFUSION, FOREIGN
from deployer.facts.foreign_values import VALUES, value_of
from deployer.facts.sglang.catalogue import load, newest, releases
from deployer.facts.sglang.history import choice_lifetimes, lifetimes
from deployer.facts.sglang.replacements import accepts, spell
from deployer.parse.read import parse
from tests.engines.real_parser import wheel_path


@pytest.mark.parametrize("flag", FOREIGN)
def test_a_foreign_flag_is_none_of_sglang(flag: str) -> None:
    row = FOREIGN[flag]

    assert not lifetimes(flag)
    assert row.why or row.same
    assert bool(row.flag) != row.needless
    assert (
        not row.flag or spell(load(newest()), row.flag, ("1",)) or spell(load(newest()), row.flag)
    )


@pytest.mark.parametrize("flag", sorted(DIFFUSION))
def test_a_flag_of_the_diffusion_server_is_none_of_the_language_models(flag: str) -> None:
    assert not lifetimes(flag)
    assert flag not in FOREIGN
    fault = parse(load(newest()), ("--model-path", "a/b", flag)).faults[0]
    assert (fault.kind, "diffusion server" in fault.message) == ("foreign-flag", True)


@pytest.mark.wheels
@pytest.mark.parametrize("version", releases())
def test_the_diffusion_server_of_each_release_has_these_flags(version: str) -> None:
    with ZipFile(wheel_path(version)) as archive:
        files = [
            name
            for name in archive.namelist()
            if name.startswith("sglang/multimodal_gen/runtime/server_args")
        ]
        said = "".join(archive.read(name).decode() for name in files if name.endswith(".py"))

    assert [flag for flag in sorted(DIFFUSION) if f'"{flag}"' not in said] == []


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
