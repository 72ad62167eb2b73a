"""When things came and went, as a message about a mistake needs it."""

from __future__ import annotations

from deployer.facts.sglang.catalogue import load, releases
from deployer.facts.sglang.history import (
    _read,
    choice_lifetimes,
    lifetimes,
    variable_lifetimes,
)
from deployer.facts.sglang.versions import release_key


def alive(lives: tuple[tuple[str, str], ...], release: str) -> bool:
    here = release_key(release)
    return any(
        release_key(born) <= here and (not gone or here < release_key(gone)) for born, gone in lives
    )


def test_options() -> None:
    assert lifetimes("--nsa-decode-backend") == (("0.5.9", "0.5.20"),)
    assert lifetimes("--dsa-decode-backend") == (("0.5.13", ""),)
    assert lifetimes("--ds-heavy-token-num") == (("0.5.9", "0.5.11"),)
    assert lifetimes("--never-was") == ()


def test_choices() -> None:
    assert choice_lifetimes("--attention-backend", "dsa") == (("0.5.13", ""),)
    assert choice_lifetimes("--attention-backend", "nsa") == (("0.5.9", ""),)
    assert choice_lifetimes("--attention-backend", "cutlass_mla") == (("0.5.9", "0.5.20"),)
    assert choice_lifetimes("--attention-backend", "never") == ()
    assert choice_lifetimes("--never-was", "dsa") == ()


def test_a_value_is_still_taken_where_a_release_checks_no_choices() -> None:
    assert load("0.5.11").find("--speculative-algorithm").choices  # type: ignore[union-attr]
    assert not load("0.5.12").find("--speculative-algorithm").choices  # type: ignore[union-attr]
    assert choice_lifetimes("--speculative-algorithm", "EAGLE") == (("0.5.9", ""),)


def test_variables() -> None:
    assert variable_lifetimes("SGLANG_NSA_FUSE_TOPK") == (("0.5.9", "0.5.13"),)
    assert variable_lifetimes("SGLANG_DSA_FUSE_TOPK") == (("0.5.13", ""),)
    assert variable_lifetimes("SGLANG_NEVER") == ()


def test_the_history_agrees_with_every_catalogue() -> None:
    spellings = _read()["strings"]
    assert len(releases()) > 10
    for release in releases():
        catalogue = load(release)
        known = {string for string in spellings if alive(lifetimes(string), release)}
        assert known == set(catalogue.strings())
        for option in catalogue:
            for choice in option.choices or ():
                for string in option.strings:
                    lives = choice_lifetimes(string, str(choice))
                    assert alive(lives, release), (release, string, choice)
        for variable in catalogue.variables:
            assert alive(variable_lifetimes(variable), release), (release, variable)
