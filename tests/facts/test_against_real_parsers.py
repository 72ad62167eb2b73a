"""Each catalogue against its release's own argparse parser, walked in a process of its own.

Zero differences in everything that the parser has: strings and aliases in order, destinations,
types, actions, choices, defaults, nargs, constants, what is required, help, and what a deprecated
option says. And the committed files are byte for byte what the tool makes of the wheels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployer.catalogue.files import read, texts
from deployer.catalogue.generate import generate
from deployer.catalogue.link import link
from deployer.engine.install import EngineEnvironment
from deployer.facts.sglang.catalogue import FOLDER, Catalogue, Option, load, releases
from tests.engines.real_parser import DEEP, RealParser, shared, wheel_path

MOST_REPLACED = 10
"""Modules of a wheel that may fail to run beside stubs; at most 8 do, none declares options."""


@pytest.mark.wheels
@pytest.mark.parametrize("version", releases())
def test_the_catalogue_is_the_real_parser(version: str) -> None:
    if version in DEEP:
        real = shared(version).dump()
    else:
        with RealParser(version) as parser:
            real = parser.dump()
    assert list(differences(load(version), real)) == []
    assert len(real["failed"]) <= MOST_REPLACED


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """Generate every catalogue, and give the text of each by the name of its file."""
    made = {version: generate(wheel_path(version)) for version in releases()}
    catalogues = read(FOLDER) | made
    return texts(catalogues, link(catalogues))


@pytest.mark.wheels
@pytest.mark.parametrize("version", releases())
def test_the_committed_file_is_what_the_wheel_gives(version: str, written: dict[str, str]) -> None:
    assert written[f"{version}.json"] == (FOLDER / f"{version}.json").read_text("utf-8")


@pytest.mark.engine
def test_the_newest_catalogue_is_the_real_import_on_the_platform_of_the_plugin(
    engine_environment: EngineEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both in one process: the imports are six seconds of CPU."""
    monkeypatch.setenv("DEPLOYER_CPU_PLATFORM", "1")
    with RealParser("0.5.23", python=Path(engine_environment.python)) as parser:
        real = parser.dump()
    assert real["failed"] == []
    assert real["platform"] == "CpuPlatform"
    assert list(differences(load("0.5.23"), real)) == []


def test_a_difference_is_seen() -> None:
    catalogue = load("0.5.9")
    options = [as_dumped(option) for option in catalogue]
    real = {"options": options, "variables": dict(VARIABLES)}
    same_options = Catalogue("0.5.9", catalogue.options, dict(VARIABLES))
    assert list(differences(same_options, real)) == []
    options[3]["default"] = not options[3]["default"]
    options[4]["choices"] = ["b", "a"]
    options[5]["strings"].append("--more")
    real["variables"] = {"SGLANG_X": 0}
    assert len(list(differences(same_options, real))) == 4


VARIABLES = {"SGLANG_X": False}


def differences(catalogue: Catalogue, real: dict[str, Any]) -> Iterator[str]:
    """Name every difference; values are compared as JSON, so that ``0`` is not ``False``."""
    mine = [as_dumped(option) for option in catalogue]
    if [it["strings"] for it in mine] != [it["strings"] for it in real["options"]]:
        yield "the options are not the same, or not in the same order"
    theirs = {tuple(it["strings"]): it for it in real["options"]}
    for entry in mine:
        other = theirs.get(tuple(entry["strings"]), entry)
        for key, value in entry.items():
            if not same(value, other[key]):
                yield f"{entry['strings'][0]}: {key} is {value!r}, really {other[key]!r}"
    for name in sorted({*catalogue.variables, *real["variables"]}):
        here, there = catalogue.variables.get(name, "-"), real["variables"].get(name, "-")
        if not same(here, ",".join(there) if isinstance(there, list) else there):
            yield f"{name}: {here!r}, really {there!r}"


def same(mine: Any, real: Any) -> bool:
    return json.dumps(mine, sort_keys=True) == json.dumps(real, sort_keys=True)


def as_dumped(option: Option) -> dict[str, Any]:
    """Give an option with the keys of the real parser's dump."""
    assert not option.default_from.startswith("computed"), "no release has one so far"
    return {
        "strings": list(option.strings),
        "dest": option.dest,
        "type": option.type,
        "action": option.action,
        "nargs": option.nargs,
        "const": option.const,
        "choices": None if option.choices is None else list(option.choices),
        "default": option.default,
        "suppressed": option.default_from == "suppressed",
        "required": option.required,
        "help": option.help,
        "stores": option.stores,
        "error": option.error,
        "new_flag": option.replaced_by if option.action in WITH_NEW_FLAG else "",
    }


WITH_NEW_FLAG = (
    "DeprecatedAliasStoreAction",
    "DeprecatedStoreConstAction",
    "DeprecatedStoreTrueAction",
)
"""The actions that carry the replacement themselves; others only write it in their help."""
