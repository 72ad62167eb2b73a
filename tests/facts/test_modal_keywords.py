"""Every keyword of Modal's client is decided about: a key, an option, or a reason."""

from __future__ import annotations

import pytest

from deployer.facts.modal.keywords import REFUSED, SERVERS, WORDS, Keyword, keyword, said_here
from deployer.facts.modal.signatures import fits, kinds, signatures
from deployer.profile.fields import models_in
from deployer.profile.model import Profile

RELEASES = tuple(signatures())
CALLED = sorted({called for taken in signatures().values() for called in taken})


@pytest.mark.parametrize("called", CALLED)
def test_each_keyword_of_each_release_is_decided_about(called: str) -> None:
    keywords = {name for taken in signatures().values() for name in taken.get(called, {})}
    if called in REFUSED:
        assert REFUSED[called]
        assert called not in WORDS
        return
    assert set(WORDS[called]) == keywords


def test_nothing_is_decided_about_that_no_release_has() -> None:
    assert set(WORDS) | set(REFUSED) >= set(CALLED)
    assert set(WORDS) <= set(CALLED)
    assert set(REFUSED) - set(CALLED) <= {"Volume.hydrate"}


@pytest.mark.parametrize(
    ("called", "name", "word"),
    [(called, name, word) for called, words in WORDS.items() for name, word in words.items()],
)
def test_a_keyword_is_one_thing_and_a_key_is_there(called: str, name: str, word: Keyword) -> None:
    assert sum(map(bool, (word.key, word.option, word.refused))) == 1, (called, name)
    if not word.key:
        return
    level = [Profile]
    for step in word.key.split("."):
        found = [one.model_fields[step].annotation for one in level if step in one.model_fields]
        assert found, word.key
        level = [kind for annotation in found for kind in models_in(annotation)]  # type: ignore[misc]


@pytest.mark.parametrize("endpoint", SERVERS)
def test_an_option_can_be_written_in_yaml_and_goes_to_one_place(endpoint: str) -> None:
    options = {
        name: kinds(SERVERS[endpoint], name)
        for called in SERVERS[endpoint]
        for name, word in WORDS[called].items()
        if word.option
    }
    assert {"i6pn", "experimental_options"} <= set(options)
    assert all(kind and kind != "object" for kind in options.values())
    # They are all given to what makes the class or the server.
    assert set(options) <= set(WORDS[SERVERS[endpoint][0]])


@pytest.mark.parametrize(
    ("value", "kind", "right"),
    [
        (True, "bool | null", True),
        (1, "bool | null", False),
        (None, "int | null", True),
        (True, "int", False),
        (1, "float | null", True),
        ("us", "list[str] | null | str", True),
        (["us"], "list[null | str] | str", True),
        ([1], "list[str] | null", False),
        ({"a": 1}, "dict[str, any] | null", True),
        ({"a": 1}, "dict[str, null | str]", False),
        ("x", "object", False),
    ],
)
def test_what_fits(value: object, kind: str, *, right: bool) -> None:
    assert fits(value, kind) is right


def test_modals_own_names_are_told_what_they_are_here() -> None:
    assert said_here("exit_grace_period") == (
        "Modal's `exit_grace_period` is `lifecycle.drain_timeout` here"
    )
    assert said_here("compute_region") == "Modal's `compute_region` is `modal.regions` here"
    assert said_here("i6pn") == "write Modal's `i6pn` under `modal.options`"
    assert said_here("enable_memory_snapshot").startswith("deployer does not take")
    assert said_here("nonsense") == ""
    assert keyword("timeout", "server") == WORDS["App.cls"]["timeout"]
