"""What became of the options that went away before the first catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.catalogue import files
from deployer.catalogue.past import past
from deployer.facts.sglang import replacements_past as rows
from deployer.facts.sglang.catalogue import load, releases
from deployer.facts.sglang.history import choice_lifetimes, lifetimes, variable_lifetimes
from deployer.facts.sglang.replacements import ANY, accepts, replacement, spell
from deployer.facts.sglang.replacements_gone import Gone
from deployer.facts.sglang.replacements_row import Replacement
from deployer.facts.sglang.versions import release_key

PAST = json.loads((files.FOLDER / files.PAST).read_text("utf-8"))
ROWS = (*rows.RENAMED, *rows.SWITCHES)
FIRST = releases()[0]


def test_it_goes_back_to_the_oldest_wheel_that_is_published() -> None:
    read = PAST["releases"]

    assert (read[0], read[-1]) == ("0.1.3", FIRST)
    assert len(read) == 133
    assert read == sorted(read, key=release_key)
    assert Path(files.FOLDER / files.PAST).stat().st_size < 10_000


def test_every_option_that_went_has_a_row_or_is_called_not_known() -> None:
    told = {row.old.flag for row in ROWS} | {entry.name for entry in rows.OPTIONS}

    assert not told & rows.NOT_KNOWN
    assert set(PAST["strings"]) == told | rows.NOT_KNOWN
    assert not set(PAST["strings"]) & set(load(FIRST).strings())


def test_every_value_that_went_has_a_row_or_is_called_not_known() -> None:
    told = {(entry.name, entry.value) for entry in rows.VALUES}
    went = {(name, value) for name, values in PAST["choices"].items() for value in values}

    assert went == told | rows.NOT_KNOWN_VALUES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.old.flag)
def test_each_release_with_a_catalogue_takes_what_is_written_instead(row: Replacement) -> None:
    choices = dict(row.values)
    values = row.old.values
    if values is None:
        values = (next(iter(choices)),) if choices else ANY
    took = 0
    for version in releases():
        said = spell(load(version), row.old.flag, values, {"--tp-size": ("8",)})
        for flag, given in said or ():
            assert accepts(load(version), flag, given)
        took += said is not None

    assert took, "no release can say it"


@pytest.mark.parametrize("entry", rows.OPTIONS, ids=lambda entry: entry.name)
def test_what_is_gone_is_gone_since_then(entry: Gone) -> None:
    (life,) = lifetimes(entry.name)

    assert release_key(entry.since) <= release_key(life[1])
    near = entry.instead.split()[0] if entry.instead else ""
    assert not near or all(load(version).find(near) for version in releases())


@pytest.mark.parametrize(
    ("flag", "values", "write"),
    [
        ("--enable-ep-moe", (), "--ep-size 8"),
        ("--enable-deepep-moe", (), "--moe-a2a-backend deepep"),
        ("--enable-flashinfer-mla", (), "--attention-backend flashinfer"),
        ("--enable-flashinfer-moe", (), "--moe-runner-backend flashinfer_cutlass"),
        ("--disable-disk-cache", (), "--disable-outlines-disk-cache"),
        ("--nsa-prefill", ("flashmla_prefill",), "--dsa-prefill-backend flashmla_sparse"),
        ("--enable-overlap-schedule", (), ""),
    ],
)
def test_what_became_of_a_flag(flag: str, values: tuple[str, ...], write: str) -> None:
    advice = replacement(flag, "0.5.16", values, {"--tp-size": ("8",)})

    assert advice is not None
    assert advice.write == write


def test_of_experts_without_a_tensor_parallel_size_the_default_is_written() -> None:
    assert spell(load("0.5.16"), "--enable-ep-moe", (), {"--port": ("1",)}) == (
        ("--ep-size", ("1",)),
    )
    advice = replacement("--enable-ep-moe", "0.5.16")
    assert advice is not None
    assert advice.write == "--ep-size VALUE"


def test_of_what_nobody_knows_nothing_is_advised() -> None:
    assert rows.NOT_KNOWN
    for flag in rows.NOT_KNOWN:
        assert lifetimes(flag)
        for version in (FIRST, releases()[-1]):
            assert replacement(flag, version) is None


def test_lifetimes_before_the_first_catalogue() -> None:
    assert lifetimes("--enable-ep-moe") == (("0.4.0.post1", "0.5.4.post1"),)
    assert choice_lifetimes("--load-balance-method", "shortest_queue") == (("0.1.17", "0.5.8"),)
    assert choice_lifetimes("--load-balance-method", "round_robin")[-1] == (FIRST, "")
    assert variable_lifetimes("SGLANG_GRAMMAR_TIMEOUT") == (("0.5.3", "0.5.8"),)


def test_only_what_the_first_catalogue_lacks_is_kept() -> None:
    def one(version: str, *strings: str, choices: list[str] | None = None) -> dict[str, object]:
        return {
            "version": version,
            "options": [{"strings": [it], "choices": choices} for it in strings],
            "variables": {},
        }

    old = [
        one("0.1.3", "--a", "--b", choices=["x", "y"]),
        one("0.1.10", "--b", "--c", choices=["y"]),
    ]
    made = past(old, one("0.2.0", "--b", "--d", choices=["y", "z"]))

    assert made["releases"] == ["0.1.3", "0.1.10", "0.2.0"]
    assert made["strings"] == {"--a": [("0.1.3", "0.1.10")], "--c": [("0.1.10", "0.2.0")]}
    assert made["choices"] == {"--b": {"x": [("0.1.3", "0.1.10")]}}
