"""Catalogues side by side: lifetimes, categories, the history."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.catalogue.files import DEFAULTS, read, texts
from deployer.catalogue.link import lifetimes, link

RELEASES = ["0.5.9", "0.5.10", "0.5.10.post1", "0.5.11"]


def entry(*strings: str, dest: str = "", **said: Any) -> dict[str, Any]:
    dest = dest or strings[0].removeprefix("--").replace("-", "_")
    return {"strings": list(strings), "dest": dest} | DEFAULTS | {"category": "memory"} | said


def catalogues(*options: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        release: {"version": release, "options": list(found), "variables": {}}
        for release, found in zip(RELEASES, options, strict=False)
    }


def test_a_lifetime_ends_at_the_first_release_without() -> None:
    assert lifetimes(RELEASES, RELEASES) == [("0.5.9", "")]
    assert lifetimes(RELEASES, RELEASES[1:2]) == [("0.5.10", "0.5.10.post1")]
    assert lifetimes(RELEASES, []) == []
    assert lifetimes(RELEASES, ["0.5.9", "0.5.11"]) == [("0.5.9", "0.5.10"), ("0.5.11", "")]


def test_an_option_that_comes_back_has_a_life_of_its_own_each_time() -> None:
    found = catalogues([entry("--x")], [], [entry("--x")], [])
    history = link(found)
    assert [(it["since"], it["removed_in"]) for one in found.values() for it in one["options"]] == [
        ("0.5.9", "0.5.10"),
        ("0.5.10.post1", "0.5.11"),
    ]
    assert history["strings"] == {"--x": [("0.5.9", "0.5.10"), ("0.5.10.post1", "0.5.11")]}


def test_releases_are_ordered_as_releases_and_not_as_text() -> None:
    found = catalogues([], [entry("--x")])
    link(dict(reversed(found.items())))
    assert found["0.5.10"]["options"][0]["since"] == "0.5.10"
    assert found["0.5.10"]["options"][0]["removed_in"] == ""


def test_an_alias_that_becomes_the_name_keeps_its_birthday() -> None:
    found = catalogues([entry("--long", "--short")], [entry("--short", "--long")])
    link(found)
    assert found["0.5.10"]["options"][0]["since"] == "0.5.9"
    assert found["0.5.9"]["options"][0]["removed_in"] == ""


def test_the_newest_release_says_where_an_option_belongs() -> None:
    found = catalogues(
        [entry("--x", category=""), entry("--old-x", dest="x", category="")],
        [entry("--x", category="schedule")],
        [entry("--x", category="serving")],
    )
    link(found)
    assert {it["category"] for one in found.values() for it in one["options"]} == {"serving"}


def test_an_option_that_nobody_can_place_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"--x needs a line in deployer/catalogue/categories\.py"):
        link(catalogues([entry("--x", category="")]))


def test_the_history_tells_choices_that_changed_from_those_that_stayed() -> None:
    history = link(
        catalogues(
            [entry("--x", choices=["a", "b"])],
            [entry("--x", choices=["a", "c"])],
            [entry("--x")],  # no choices: every value is taken
            [entry("--x", choices=["a", 1])],
        )
    )
    assert history["constant_choices"] == {"--x": ["a"]}
    assert history["choices"] == {
        "--x": {
            "1": [("0.5.10.post1", "")],
            "b": [("0.5.9", "0.5.10"), ("0.5.10.post1", "0.5.11")],
            "c": [("0.5.10", "0.5.11")],
        }
    }


def test_files_hold_one_option_a_line_and_read_back(tmp_path: Any) -> None:
    found = catalogues([entry("--x", const="", default=0), entry("--y", default=False, help="é")])
    written = texts(found, link(found))
    for name, text in written.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert read(tmp_path) == found
    assert (
        '\n{"strings": ["--x"], "dest": "x", "const": "", "default": 0, ' in written["0.5.9.json"]
    )
    assert texts(read(tmp_path), link(read(tmp_path))) == written
