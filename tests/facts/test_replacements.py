"""What replaced what: every row held against the catalogues, and how a release says a concept."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.facts.sglang import replacements_gone, replacements_past, replacements_variables
from deployer.facts.sglang.catalogue import Catalogue, load, newest, releases
from deployer.facts.sglang.replacements import accepts, gone, names, replacement, spell
from deployer.facts.sglang.replacements_row import Replacement
from deployer.facts.sglang.replacements_table import ALIASES, REPLACEMENTS
from deployer.facts.sglang.replacements_variables import spell_variable, variable_gone

ALL = tuple(load(version) for version in releases())
PAST = (*replacements_past.RENAMED, *replacements_past.SWITCHES)
ROWS = tuple(row for row in (*ALIASES, *REPLACEMENTS) if row not in PAST)
GONE_NAMES = {entry.name for entry in replacements_gone.OPTIONS}


def replaced_names() -> set[str]:
    """Give the flags that as a whole have a replacement."""
    return {row.old.flag for row in ROWS if row.old.values in (None, (), ("amd",))}


def test_every_option_that_is_deprecated_or_vanishes_is_in_the_table() -> None:
    known = set(load(newest()).strings())
    troubled = {string for catalogue in ALL for string in catalogue.strings()} - known
    troubled |= {option.name for catalogue in ALL for option in catalogue if option.deprecated}

    assert troubled <= replaced_names() | GONE_NAMES
    assert not replaced_names() & GONE_NAMES


def test_every_choice_that_a_release_calls_an_old_name_is_in_the_table() -> None:
    translated = {(row.old.flag, row.old.values): row.new[0].values for row in REPLACEMENTS}
    covered = {(e.name, e.value): e.instead for e in replacements_gone.VALUES}
    aliases = [
        (option.name, old, new)
        for catalogue in ALL
        for option in catalogue
        for old, new in option.choice_aliases.items()
    ]
    assert aliases
    for name, old, new in aliases:
        assert translated.get((name, (old,))) == (new,) or covered.get((name, old)) == new


def test_every_choice_that_vanishes_is_in_the_table() -> None:
    covered = {(e.name, e.value) for e in replacements_gone.VALUES}
    replaced = replaced_names() | GONE_NAMES
    vanished = {
        (option.name, value)
        for older, newer in itertools.pairwise(ALL)
        for option in older
        if (later := newer.find(option.name)) is not None and later.choices
        for value in set(option.choices or ()) - set(later.choices)
    }

    assert vanished
    assert {one for one in vanished if one[0] not in replaced} <= covered


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.old.flag} {row.old.values or ''}")
def test_a_replacement_holds_from_the_release_that_it_names(row: Replacement) -> None:
    having = [c.version for c in ALL if all(accepts(c, f.flag, f.values or ()) for f in row.new)]

    # No release checks the draft's backend; it is read like the others (0.5.23 serving_hook.py).
    unchecked = row.old.flag == "--speculative-draft-attention-backend"
    assert having[0] == ("0.5.9" if unchecked else row.since)


@pytest.mark.parametrize("entry", replacements_gone.OPTIONS, ids=lambda entry: entry.name)
def test_what_is_gone_is_gone_from_the_release_that_is_named(
    entry: replacements_gone.Gone,
) -> None:
    first = load(entry.since).find(entry.name)

    assert any(catalogue.find(entry.name) for catalogue in ALL)
    assert first is None or first.deprecated, "neither gone nor deprecated"
    near = entry.instead.split()[0] if entry.instead else ""
    assert not near or load(entry.since).find(near), near


@pytest.mark.parametrize(
    "entry", replacements_gone.VALUES, ids=lambda entry: f"{entry.name} {entry.value}"
)
def test_a_value_is_gone_from_the_release_that_is_named(entry: replacements_gone.Gone) -> None:
    earlier = releases()[releases().index(entry.since) - 1]

    assert accepts(load(earlier), entry.name, (entry.value,))
    if entry.value != "tokenspeed_mla":  # still taken, and read as another
        assert not accepts(load(entry.since), entry.name, (entry.value,))
    assert not entry.instead or accepts(load(entry.since), entry.name, (entry.instead,))


def test_what_a_release_says_itself_is_what_the_table_says() -> None:
    assert sum(bool(option.replaced_by) for one in ALL for option in one) > 100
    for catalogue in ALL:
        for option in catalogue:
            flag, _, value = option.replaced_by.partition("=")
            first = flag.split(" ")[0].split("{")[0]
            if not first or option.name in GONE_NAMES:
                continue
            values = (value,) if value and option.nargs != 0 else ()
            given = values or (("auto",) if option.nargs != 0 else ())
            said = spell(catalogue, option.name, _possible(catalogue, option.name, given))
            assert said, (catalogue.version, option.name)
            assert any(name.startswith(first) for name, _ in said), (option.name, said)


def _possible(catalogue: Catalogue, flag: str, values: tuple[str, ...]) -> tuple[str, ...]:
    option = catalogue.find(flag)
    assert option is not None
    return (str(option.choices[0]),) if option.choices and values else values


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.5.10.post1", "--nsa-decode-backend"),
        ("0.5.12.post1", "--nsa-decode-backend"),
        ("0.5.13", "--dsa-decode-backend"),
        ("0.5.23", "--dsa-decode-backend"),
    ],
)
@pytest.mark.parametrize("written", ["--nsa-decode-backend", "--dsa-decode-backend"])
def test_either_name_is_said_as_the_release_says_it(
    version: str, expected: str, written: str
) -> None:
    assert spell(load(version), written, ("trtllm",)) == ((expected, ("trtllm",)),)


@pytest.mark.parametrize(
    ("version", "written", "expected"),
    [
        ("0.5.12", "--attention-backend dsa", "--attention-backend nsa"),
        (
            "0.5.12",
            "--speculative-draft-attention-backend dsa",
            "--speculative-draft-attention-backend nsa",
        ),
        ("0.5.13", "--attention-backend nsa", "--attention-backend dsa"),
        ("0.5.10", "--model m", "--model-path m"),
        ("0.5.10", "--tensor-parallel-size 8", "--tp-size 8"),
        ("0.5.23", "--ep 8", "--ep-size 8"),
        (
            "0.5.14",
            "--enable-flashinfer-allreduce-fusion",
            "--flashinfer-allreduce-fusion-backend auto",
        ),
        (
            "0.5.13",
            "--flashinfer-allreduce-fusion-backend auto",
            "--enable-flashinfer-allreduce-fusion",
        ),
        (
            "0.5.23",
            "--disable-cuda-graph",
            "--cuda-graph-backend-decode disabled --cuda-graph-backend-prefill disabled",
        ),
        ("0.5.14", "--nsa-prefill-cp-mode in-seq-split", "--cp-strategy zigzag"),
        (
            "0.5.14",
            "--enable-nsa-prefill-context-parallel",
            "--enable-prefill-cp --cp-strategy interleave",
        ),
        ("0.5.21", "--attn-dp-size 8", "--dp-size 8 --enable-dp-attention"),
        ("0.5.10", "--cuda-graph-bs-decode 1 2", "--cuda-graph-bs 1 2"),
    ],
)
def test_it_is_said_in_the_words_of_the_release(version: str, written: str, expected: str) -> None:
    flag, *values = written.split()
    said = spell(load(version), flag, tuple(values))

    assert said is not None
    assert " ".join(word for name, given in said for word in (name, *given)) == expected


def test_what_a_release_cannot_say_is_nothing() -> None:
    assert spell(load("0.5.10"), "--flashinfer-allreduce-fusion-backend", ("mnnvl",)) is None
    assert spell(load("0.5.23"), "--torchao-config", ("int8dq",)) is None
    assert spell(load("0.5.23"), "--enforce-piecewise-cuda-graph") is None
    assert spell(load("0.5.23"), "--never-was") is None


def test_two_flags_that_became_one_are_said_once() -> None:
    both = {"--data-parallel-size": ("8",), "--enable-dp-attention": ()}
    for version, dp, attention in (
        ("0.5.21", (("--dp-size", ("8",)),), (("--enable-dp-attention", ()),)),
        ("0.5.22", (("--attn-dp-size", ("8",)),), ()),
    ):
        assert spell(load(version), "--dp-size", ("8",), both) == dp
        assert spell(load(version), "--enable-dp-attention", (), both) == attention
    assert spell(load("0.5.23"), "--dp-size", ("8",)) == (("--dp-size", ("8",)),)


def test_the_options_that_say_the_same_as_a_whole() -> None:
    assert names(load("0.5.18"), "--dsa-decode-backend") == (
        "--dsa-decode-backend",
        "--nsa-decode-backend",
    )
    assert names(load("0.5.10"), "--tp-size") == ("--tensor-parallel-size",)
    assert names(load("0.5.23"), "--enable-dp-attention") == (
        "--enable-dp-attention",
        "--attn-dp-size",
    )
    assert names(load("0.5.23"), "--enable-flashinfer-allreduce-fusion") == (
        "--enable-flashinfer-allreduce-fusion",
    )


def test_a_stated_layout_is_not_restated() -> None:
    flag, mode = "--enable-nsa-prefill-context-parallel", "--nsa-prefill-cp-mode"
    beside = {flag: (), mode: ("in-seq-split",)}

    assert spell(load("0.5.14"), flag, (), beside) == (("--enable-prefill-cp", ()),)


@given(st.sampled_from(ALL), st.sampled_from(ALL), st.data())
def test_what_is_spelt_is_known_and_stays_as_it_is(
    source: Catalogue, target: Catalogue, data: st.DataObject
) -> None:
    option = data.draw(st.sampled_from(source.options))
    choices = [str(choice) for choice in option.choices or ("1",)]
    values = (data.draw(st.sampled_from(choices)),) if option.nargs != 0 else ()
    said = spell(target, data.draw(st.sampled_from(option.strings)), values)

    assert said != (), "nothing is said where there is no answer, and then it is None"
    for flag, given_values in said or ():
        assert accepts(target, flag, given_values)
        assert spell(target, flag, given_values) == ((flag, given_values),)


@pytest.mark.parametrize(
    ("flag", "version", "values", "write", "since"),
    [
        ("--nsa-decode-backend", "0.5.23", None, "--dsa-decode-backend VALUE", "0.5.13"),
        ("--nsa-decode-backend", "0.5.23", ("fa3",), "--dsa-decode-backend fa3", "0.5.13"),
        ("--dsa-decode-backend", "0.5.10", None, "--nsa-decode-backend VALUE", "0.5.13"),
        ("--attention-backend", "0.5.10", ("dsa",), "--attention-backend nsa", "0.5.13"),
        ("--enable-dp-attention", "0.5.23", None, "--attn-dp-size VALUE", "0.5.22"),
        ("--attention-backend", "0.5.23", ("cutlass_mla",), "", "0.5.20"),
        ("--torchao-config", "0.5.23", None, "", "0.5.18"),
        (
            "--optimistic-prefill-retries",
            "0.5.20",
            ("2",),
            "--optimistic-prefill-attempts",
            "0.5.16",
        ),
    ],
)
def test_a_message_can_say_what_to_write(
    flag: str, version: str, values: tuple[str, ...] | None, write: str, since: str
) -> None:
    advice = replacement(flag, version, values)

    assert advice is not None
    assert (advice.write, advice.since) == (write, since)
    assert advice.same == (gone(flag, values) is None)


def test_there_is_no_advice_for_what_is_right() -> None:
    assert replacement("--tp-size", "0.5.23") is None
    assert replacement("--attention-backend", "0.5.23", ("dsa",)) is None
    assert replacement("--never-was", "0.5.23") is None


@pytest.mark.parametrize("row", replacements_variables.RENAMED, ids=lambda row: row.old)
def test_a_variable_has_its_new_name_from_the_release_that_is_named(
    row: replacements_variables.RenamedVariable,
) -> None:
    aliases = [c for c in ALL if row.old in (c.about["variable_aliases"] or {})]

    assert aliases[0].version == row.since
    assert all((c.about["variable_aliases"] or {})[row.old] == row.new for c in aliases)
    assert spell_variable(load(row.since), row.old) == row.new


def test_every_alias_of_a_release_is_in_the_table() -> None:
    aliases = {pair for c in ALL for pair in (c.about["variable_aliases"] or {}).items()}

    assert aliases == {(row.old, row.new) for row in replacements_variables.RENAMED}


def test_a_variable_that_a_release_does_not_declare() -> None:
    assert spell_variable(load("0.5.12"), "SGLANG_DSA_FUSE_TOPK") == "SGLANG_NSA_FUSE_TOPK"
    assert spell_variable(load("0.5.14"), "SGLANG_ENABLE_SPEC_V2") is None
    assert spell_variable(load("0.5.13"), "SGLANG_ENABLE_SPEC_V2") == "SGLANG_ENABLE_SPEC_V2"


def test_speculation_that_was_asked_to_overlap_does_so_anyway() -> None:
    for value, harmless in (("1", True), ("True", True), ("0", False)):
        entry = variable_gone("SGLANG_ENABLE_SPEC_V2", value)
        assert entry is not None
        assert (entry.since, entry.harmless) == ("0.5.14", harmless)
