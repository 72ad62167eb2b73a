"""The law: our verdict and our values are those of the release's own parser, in every case."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from deployer.facts.sglang.catalogue import Catalogue, load, releases
from deployer.finding import Severity
from deployer.parse.oracle import HELP, ask
from deployer.parse.read import parse
from tests.engines.real_parser import DEEP, shared
from tests.volume import THOROUGH, scaled

from .lists import lists, plain

pytestmark = [pytest.mark.wheels]


@pytest.mark.parametrize("version", releases() if THOROUGH else DEEP)
def test_the_verdict_is_that_of_the_real_parser(version: str) -> None:
    """Those at which most changed are tried most, and the others where there is the time.

    That each catalogue is the one of its real parser is tested for all of them
    (``tests/facts/test_against_real_parsers.py``).
    """
    catalogue = load(version)
    real = shared(version)
    times = 2 if not THOROUGH else 4 if version in DEEP else 1

    @scaled(times, suppress_health_check=list(HealthCheck))
    @given(lists(catalogue))
    def agree(words: list[str]) -> None:
        verdict = real.verdict(words)
        parsed, answer = parse(catalogue, words), ask(catalogue, words)
        assert parsed.accepted == verdict.accepted, (verdict.message, parsed.faults)
        assert "refused-list" not in {fault.kind for fault in parsed.faults}, verdict.message
        if verdict.accepted:
            assert same(catalogue, answer.values, verdict.namespace)
        else:
            errors = [f for f in parsed.faults if f.severity is Severity.ERROR]
            assert errors
            assert all(fault.message for fault in errors)

    agree()


def same(catalogue: Catalogue, ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Compare values; a default that is known only when the engine runs cannot be told."""
    computed = {option.dest for option in catalogue if option.default_from.startswith("computed")}
    for name, value in theirs.items():
        mine = ours[name]
        if name in computed and mine is None:
            continue
        assert json.dumps(plain(mine), sort_keys=True) == json.dumps(value, sort_keys=True), name
    return set(ours) == set(theirs)


def test_help_is_no_launch() -> None:
    catalogue = load(releases()[-1])
    assert not shared(releases()[-1]).verdict(["--help"]).accepted
    assert ask(catalogue, ["--help"]).message == HELP


@given(st.sampled_from(releases()), st.data())
@scaled(3)
def test_every_word_is_accounted_for(version: str, data: st.DataObject) -> None:
    words = data.draw(lists(load(version)))
    parsed = parse(load(version), words)
    few, every = (ask(load(version), words, given=given) for given in (True, False))

    assert (few.accepted, few.message) == (every.accepted, every.message)
    assert {name: repr(value) for name, value in few.values.items()} == {
        name: repr(every.values[name]) for name in few.values
    }
    assert all(0 <= fault.position < max(len(words), 1) for fault in parsed.faults)
