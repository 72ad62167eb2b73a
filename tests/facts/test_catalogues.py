"""The committed catalogues: complete, in order, and in one piece with each other."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import pytest

from deployer.catalogue.files import read, texts
from deployer.catalogue.link import link
from deployer.facts.sglang.catalogue import FOLDER, UnknownReleaseError, load, newest, releases
from deployer.facts.sglang.versions import release_key

EXPORT = (
    "Export performance metrics for each request to local file "
    "(e.g. for forwarding to external systems)"
)

COUNTS = {
    "0.5.9": (331, 341),
    "0.5.10": (354, 365),
    "0.5.10.post1": (354, 365),
    "0.5.11": (374, 387),
    "0.5.12": (387, 402),
    "0.5.13": (406, 419),
    "0.5.14": (420, 433),
    "0.5.16": (460, 476),
    "0.5.18": (488, 506),
    "0.5.19": (503, 521),
    "0.5.20": (494, 513),
    "0.5.22": (521, 544),
    "0.5.23": (531, 559),
}
"""Options and option strings as another extractor counted them (sglang.md, section 1.1)."""


def test_every_published_release_is_here_in_order() -> None:
    assert " ".join(releases()) == (
        "0.5.9 0.5.10 0.5.10.post1 0.5.11 0.5.12 0.5.12.post1 0.5.13 0.5.13.post1 0.5.14 0.5.15 "
        "0.5.15.post1 0.5.16 0.5.17 0.5.18 0.5.19 0.5.20 0.5.21 0.5.22 0.5.23"
    )
    assert newest() == "0.5.23"


def test_a_release_without_a_catalogue_is_named() -> None:
    with pytest.raises(UnknownReleaseError, match=r"no catalogue of SGLang 0\.4\.1"):
        load("0.4.1")


@pytest.mark.parametrize(("version", "counts"), COUNTS.items())
def test_the_numbers_are_those_of_an_independent_count(
    version: str, counts: tuple[int, int]
) -> None:
    assert (len(load(version).options), len(load(version).strings())) == counts


def test_the_files_are_what_the_tool_writes() -> None:
    catalogues = read(FOLDER)
    written = texts(catalogues, link(catalogues))
    assert {name: (FOLDER / name).read_text("utf-8") for name in written} == written


@pytest.mark.parametrize("version", releases())
def test_no_spelling_is_taken_twice(version: str) -> None:
    strings = [string for option in load(version) for string in option.strings]
    assert len(strings) == len(set(strings))


@pytest.mark.parametrize(("older", "newer"), list(itertools.pairwise(releases())))
def test_neighbours_agree_on_what_came_and_what_went(older: str, newer: str) -> None:
    before, after = load(older), load(newer)
    assert len(list(before)) > 300
    assert len(list(after)) > 300
    for option in before:
        gone = after.find(option.name) is None
        assert (option.removed_in == newer) == gone, option.name
    for option in after:
        new = before.find(option.name) is None
        assert (option.since == newer) == new, option.name


@pytest.mark.parametrize("version", releases())
def test_every_option_lives_in_its_release(version: str) -> None:
    here = release_key(version)
    assert len(list(load(version))) > 300
    for option in load(version):
        assert release_key(option.since) <= here, option.name
        assert not option.removed_in or here < release_key(option.removed_in), option.name


def test_one_vocabulary_of_categories_holds_for_all_releases() -> None:
    words = {option.category for option in load(newest())}
    assert "exec.moe" in words
    for version in releases():
        assert {option.category for option in load(version)} <= words
    for version in releases():
        for option in load(version):
            later = load(newest()).find(option.name)
            assert later is None or later.category == option.category, option.name


@pytest.mark.parametrize("version", releases())
def test_a_replacement_is_an_option_of_the_same_release(version: str) -> None:
    catalogue = load(version)
    assert any(option.replaced_by for option in catalogue)
    for option in catalogue:
        for flag in re.findall(r"--[a-z0-9-]+(?![a-z0-9{-])", option.replaced_by):
            assert option.deprecated
            assert catalogue.find(flag) is not None, (option.name, flag)


@pytest.mark.parametrize("version", releases())
def test_a_default_is_one_of_the_choices(version: str) -> None:
    chosen = [
        option
        for option in load(version)
        if option.choices is not None and option.default is not None and not option.stores
    ]
    assert len(chosen) > 10
    for option in chosen:
        assert option.choices is not None
        assert option.default in option.choices, option.name


def test_what_0_5_20_removed_was_deprecated_before_with_a_replacement() -> None:
    removed = [option for option in load("0.5.19") if option.removed_in == "0.5.20"]
    spellings = sorted(string for option in removed for string in option.strings)
    assert len(spellings) == 23
    assert {"--nsa-decode-backend", "--cuda-graph-bs", "--stream-output"} <= set(spellings)
    assert all(option.deprecated for option in removed)
    assert sorted(option.name for option in removed if not option.replaced_by) == [
        "--collect-tokens-histogram",
        "--prefill-round-robin-balance",
    ]


def test_known_facts_of_options() -> None:
    new, old = load("0.5.23"), load("0.5.18")
    tokens = new.find("--max-total-tokens")
    assert tokens is not None
    assert (tokens.type, tokens.category, tokens.since) == (
        "human_readable_int",
        "schedule",
        "0.5.9",
    )
    nsa = old.find("--nsa-decode-backend")
    assert nsa is not None
    assert (nsa.replaced_by, nsa.dest, nsa.default_from, nsa.removed_in) == (
        "--dsa-decode-backend",
        "dsa_decode_backend",
        "suppressed",
        "0.5.20",
    )
    metrics = old.find("--enable-expert-distribution-metrics")
    assert metrics is not None
    assert metrics.error.startswith("--enable-expert-distribution-metrics is no longer supported")
    piecewise = old.find("--disable-piecewise-cuda-graph")
    assert piecewise is not None
    assert (piecewise.stores, piecewise.dest) == ("disabled", "cuda_graph_backend_prefill")
    backend = new.find("--attention-backend")
    assert backend is not None
    assert backend.choice_aliases == {
        "nsa": "dsa",
        "compressed": "dsv4",
        "tokenspeed_mla": "cutedsl_mla",
    }
    assert old.about["requires"]["torch"] == "==2.13.0"
    assert old.about["variable_aliases"]["SGLANG_NSA_FUSE_TOPK"] == "SGLANG_DSA_FUSE_TOPK"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("--api-key", "Set API key of the server"),
        (
            "--export-metrics-to-file",
            EXPORT,
        ),
    ],
)
def test_one_line_says_what_an_option_does(name: str, sentence: str) -> None:
    option = load("0.5.23").find(name)
    assert option is not None
    assert option.first_sentence == sentence


def test_the_folder_stays_small_enough_to_commit() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.json")}
    assert max(sizes.values()) < 300_000
    assert sum(sizes.values()) < 4_000_000


@pytest.mark.process
def test_loading_a_catalogue_imports_nothing_heavy() -> None:
    code = (
        "import sys; from deployer.facts.sglang import catalogue; catalogue.load('0.5.23');"
        "print(sorted({it.partition('.')[0] for it in sys.modules} & "
        "{'modal', 'pydantic', 'rich', 'sglang', 'torch', 'yaml', 'click'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
