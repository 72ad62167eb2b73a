"""The typed fields name flags and values that the real engine's own parser knows."""

from __future__ import annotations

import json
import os
import subprocess
import typing
from collections.abc import Iterator

import pytest

from deployer.cli.reading import read_release
from deployer.engine.install import EngineEnvironment
from deployer.profile.fields import flagged_fields, section_types

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

DUMP = """
import argparse, json
from sglang.srt.server_args import ServerArgs
parser = argparse.ArgumentParser()
ServerArgs.add_cli_args(parser)
print(json.dumps({
    string: {"choices": [str(c) for c in a.choices or ()], "switch": a.nargs == 0}
    for a in parser._actions for string in a.option_strings
}))
"""

ONLY_BEFORE = {"cutlass_mla", "dual_chunk_flash_attn", "fp4_e2m1", "nsa"}
"""Values of 0.5.10.post1 that 0.5.23 has no more."""


@pytest.fixture(scope="module")
def flags(engine_environment: EngineEnvironment) -> dict[str, typing.Any]:
    ran = subprocess.run(
        [str(engine_environment.python), "-c", DUMP],
        env={**os.environ, "DEPLOYER_CPU_PLATFORM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def test_every_typed_field_names_a_flag_in_full(flags: dict[str, typing.Any]) -> None:
    for section, name, flag in flagged_fields():
        assert flag.spelling("0.5.23").flag in flags, (section, name)
        assert not flag.off or flag.off in flags, (section, name)


def test_every_choice_of_a_field_is_one_of_the_engine(flags: dict[str, typing.Any]) -> None:
    sections = dict(section_types())
    for section, name, flag in flagged_fields():
        known = flags[flag.spelling("0.5.23").flag]["choices"]
        for value in literals(sections[section].model_fields[name].annotation):
            assert not known or value in known or value in ONLY_BEFORE, (section, name, value)


def test_switches_are_switches(flags: dict[str, typing.Any]) -> None:
    for argument in read_release("profiles/cpu-tiny.yaml").arguments:
        assert flags[argument.flag]["switch"] == (not argument.values), argument


def literals(annotation: object) -> Iterator[str]:
    for argument in typing.get_args(annotation):
        if isinstance(argument, str):
            yield argument
        else:
            yield from literals(argument)
