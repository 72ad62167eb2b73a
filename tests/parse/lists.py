"""Argument lists to try: right ones from a catalogue, and right ones with something spoilt."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from deployer.facts.sglang.catalogue import Catalogue, Option, load, releases
from deployer.parse.walk import least, most

EVERY_STRING = sorted({string for release in releases() for string in load(release).strings()})
"""Every spelling that any release knew."""

WORDS: dict[str, list[str]] = {
    "int": ["0", "-1", "8", "1", " 4 ", "1_000", "64k", "x", "1.5", "", "--", "٣"],
    "float": ["0.5", "1", "-0.25", "1e-3", "nan", "x", "", "-.5", "-1e5"],
    "human_readable_int": [
        "65536",
        "64k",
        "64Ki",
        "25.6k",
        "1.5Ki",
        "64K",
        "-5",
        "1 k",
        " 8k ",
        "",
    ],
    "nullable_str": ["None", "", "x", "-", "a b"],
    "json.loads": ["{}", '{"a": 1}', "[1", "NaN", "", "null", "-1"],
    "json_list_type": ["[]", "[1, 2]", '["a"]', "NaN", "x", "", "99999999999999999999"],
    "parse_cuda_graph_config_arg": [
        "{}",
        '{"decode": {"backend": "full", "max_bs": 8}}',
        '{"prefill": {"full_prefill_max_req": 2}}',
        '{"prefill": {"max_seq_len": 2}}',
        '{"decode": {"tc_compiler": "eager"}}',
        '{"decode": {"backend": "tc_piecewise"}}',
        '{"decode": 1}',
        '{"train": {}}',
        "[]",
        "x",
    ],
    "parse_cuda_graph_backend_arg": ["full", "breakable", "disabled", "tc_piecewise", "x"],
    "": ["x", "a b", "a=b", "--", "-", "", "-1", "-x", "{}", '{"lora_name": "a"}'],
}
"""Words for each type: good ones, borderline ones, wrong ones."""

LORA = ['{"lora_name": "a", "lora_path": "b"}', '{"lora_name": "a"}', "{x}", "a=b", " p "]
NOISE = ["--", "-h", "--he", "-x", "x", "", "-1", "-1.5", "a b", "--no such", "--=", "-", "-hx"]


def values(option: Option) -> st.SearchStrategy[str]:
    """Draw a word for an option: mostly right ones."""
    words = list(WORDS.get(option.type, WORDS[""]))
    if option.action == "LoRAPathAction":
        words = LORA
    if option.choices:
        right = st.sampled_from([str(choice) for choice in option.choices])
        return st.one_of(right, right, right, st.sampled_from(words))
    good = st.sampled_from(words[:3])
    return st.one_of(good, good, st.sampled_from(words))


@st.composite
def one(draw: st.DrawFn, catalogue: Catalogue) -> list[str]:
    """Draw one option with its words, in one of the ways in which people write it."""
    option = draw(st.sampled_from(catalogue.options))
    string = draw(st.sampled_from(option.strings))
    if draw(st.integers(0, 5)) == 0:
        string = string[: draw(st.integers(2, len(string)))]
    count = {0: 0, 1: 1}.get(most(option), draw(st.integers(0, 3)))
    count += draw(st.sampled_from([0] * 12 + [1, -1]))
    words = [draw(values(option)) for _ in range(max(count, 0))]
    if words and draw(st.integers(0, 3)) == 0:
        return [f"{string}={words[0]}", *words[1:]]
    return [string, *words]


@st.composite
def careful(draw: st.DrawFn, catalogue: Catalogue) -> list[str]:
    """Draw one option as its release wants it, in either spelling, with as many words."""
    option = draw(st.sampled_from(catalogue.options))
    count = most(option)
    if count > 1:
        count = draw(st.integers(max(least(option), 1), 3))
    good = [str(choice) for choice in option.choices or WORDS.get(option.type, WORDS[""])[:3]]
    words = [draw(st.sampled_from(good)) for _ in range(count)]
    string = draw(st.sampled_from(option.strings))
    if len(words) == 1 and draw(st.booleans()):
        return [f"{string}={words[0]}"]
    return [string, *words]


def lists(catalogue: Catalogue) -> st.SearchStrategy[list[str]]:
    """Draw whole lists: half of them careful, half with something spoilt."""
    right = st.builds(
        lambda parts: ["--model-path", "m", *(word for part in parts for word in part)],
        st.lists(careful(catalogue), max_size=6),
    )
    return st.one_of(right, spoilt(catalogue))


def spoilt(catalogue: Catalogue) -> st.SearchStrategy[list[str]]:
    """Draw whole lists, with flags of other releases and noise among them."""
    other = st.builds(lambda string: [string], st.sampled_from(EVERY_STRING))
    noise = st.builds(lambda word: [word], st.sampled_from(NOISE))
    usual = one(catalogue)
    part = st.one_of(usual, usual, usual, usual, usual, usual, other, noise)
    model = st.sampled_from([["--model-path", "m"]] * 8 + [["--model=m"], ["--model-pa", "m"], []])
    return st.builds(
        lambda first, parts: [word for part in (first, *parts) for word in part],
        model,
        st.lists(part, max_size=4),
    )


def plain(value: Any) -> Any:
    """Give a value as the real parser's process writes it."""
    return list(value) if isinstance(value, tuple) else value
