"""Markdown that shows what others wrote and does nothing else, within GitHub's limit."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.cli.diff_sides import reviewed
from deployer.cli.git_profiles import Pair, Text
from deployer.cli.reading import stops
from deployer.plan.review import review
from deployer.report.budget import Piece, fitted
from deployer.report.markdown import code, prose
from deployer.report.review_markdown import LIMIT, MARKER, markdown
from deployer.report.shown import WIDEST, alike, cut, cut_both
from deployer.visible import visible

from .pull_requests import BASE, edited

CODE_SPAN = re.compile(r"`[^`|\\\n]+`")
CODE_TAG = re.compile(r"<code>(?:[\w ./:=+,…-]|&#\d+;)+</code>")


def test_plain_values_are_plain_code() -> None:
    assert code("--mem-fraction-static") == "`--mem-fraction-static`"
    assert code("<b>@someone</b> #1") == "`<b>@someone</b> #1`"
    assert code("") == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a|b", "<code>a&#124;b</code>"),
        ("a\\|b", "<code>a&#92;&#124;b</code>"),
        ("`rm`", "<code>&#96;rm&#96;</code>"),
        ("a\nb", r"<code>a&#92;nb</code>"),
        (" a", "<code> a</code>"),
        ("\u202eevil", r"<code>&#92;u202eevil</code>"),
    ],
)
def test_values_that_could_break_a_table_become_entities(value: str, shown: str) -> None:
    assert code(value) == shown


@given(st.text(max_size=300))
def test_no_value_gets_out_of_its_code(value: str) -> None:
    shown = code(value)

    said = alike(value)
    shown = shown.removesuffix(f" ({said})") if said else shown
    assert not value or CODE_SPAN.fullmatch(shown) or CODE_TAG.fullmatch(shown)
    plain = html.unescape(shown.removeprefix("<code>").removesuffix("</code>")).strip("`")
    whole = visible(value)
    plain = plain.replace("\u200b", "")
    assert len(whole) > WIDEST or plain == whole.strip("`") or "`" in whole


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_different_values_look_different(same: str, old: str, new: str) -> None:
    before, after = cut_both(same + old, same + new)

    assert (before == after) == (visible(same + old) == visible(same + new))
    assert max(len(before), len(after)) <= WIDEST


def test_a_difference_after_the_hundredth_character_is_shown() -> None:
    same = "x" * 120

    assert cut_both(f"{same}-safe", f"{same}-evil") == (
        f"… from 102: {'x' * 19}-safe (125 characters)",
        f"… from 102: {'x' * 19}-evil (125 characters)",
    )
    assert cut("y" * 99 + "z") == "y" * 99 + "z"
    assert cut("a" + "y" * 200 + "z") == f"a{'y' * 53}… (202 characters) …{'y' * 25}z"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("z\u0430i-org/GLM", "not ASCII: U+0430 CYRILLIC SMALL LETTER A"),
        ("\uff41bc", "not ASCII: U+FF41 FULLWIDTH LATIN SMALL LETTER A"),
        (
            "\u0391\u0392\u0395\u0396",
            ("not ASCII: U+0391 GREEK CAPITAL LETTER ALPHA, U+0392 GREEK CAPITAL LETTER BETA, "
            "U+0395 GREEK CAPITAL LETTER EPSILON, 1 more"),
        ),
        ("plain", ""),
        ("caf\u00e9 \u65e5\u672c\u8a9e \ud55c\uad6d", ""),
    ],
)  # fmt: skip
def test_letters_that_pass_for_others_are_named(value: str, said: str) -> None:
    assert alike(value) == said
    assert code(value).endswith(f"` ({said})" if said else "`")


@pytest.mark.parametrize(
    "address", ["www.evil.example/ok", "https://evil.example", "HTTP://e.example", "a@evil.example"]
)
def test_no_value_becomes_a_link(address: str) -> None:
    """GitHub links what is not between backticks; a space without width keeps it from that."""
    for shown in (prose(f"see {address} now"), code(f"{address}|"), prose(f"`x|{address}` now")):
        plain = html.unescape(re.sub(r"`[^`]*`", "", shown))
        assert not re.search(r"(?i)(www\.|https?:|@)\w|(www\.|https?:)/", plain), shown


def test_sentences_keep_their_code_and_call_nobody() -> None:
    assert prose("`a|b` and <b> @name #12 *x* [y](z) a_b _c_") == (
        "<code>a&#124;b</code> and &lt;b&gt; @\u200bname #\u200b12 "
        r"\*x\* \[y\](z) a_b \_c\_"
    )
    assert prose("1 -> 2") == "1 → 2"


def test_hostile_values_stay_inside_the_table() -> None:
    template = (
        "  chat_template: '</code></details><!-- deployer-diff --> | @all `x` \\| \\\\| #1'\n"
    )
    new = BASE.replace("  tool_call_parser: glm47\n", f"  tool_call_parser: glm47\n{template}")
    found, findings = reviewed([Pair(Text("p|`<b>.yaml", BASE), Text("p|`<b>.yaml", new))])

    body = markdown(review(found))

    assert not [finding for finding in findings if stops(finding)]
    row = next(line for line in body.splitlines() if "--chat-template" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert body.count(MARKER) == 1
    assert body.count("</details>") == 1
    assert "@all" not in body
    assert "<b>" not in body


def test_a_secret_that_is_mended_is_not_shown_again() -> None:
    old = BASE.replace("  env:\n", '  env:\n    HF_TOKEN: "hf_aaaaaaaaaaaaaaaaaaaa"\n', 1)
    found, _ = reviewed([Pair(Text("p.yaml", old), Text("p.yaml", BASE))])

    body = markdown(review(found))

    assert "| `HF_TOKEN` removed<br>`engine.env.HF_TOKEN` | `***` |" in body
    assert "hf_a" not in body


def test_the_limit_holds_and_what_is_left_out_is_said() -> None:
    pairs = [
        Pair(Text(f"profiles/{n}.yaml", BASE), Text(f"profiles/{n}.yaml", edited("engine")))
        for n in range(30)
    ]
    money = Text("profiles/money.yaml", edited("min_containers"))
    found, _ = reviewed([*pairs, Pair(Text("profiles/money.yaml", BASE), money)])

    body = markdown(review(found))

    assert len(body.encode()) <= LIMIT
    assert body.startswith(f"{MARKER}\n")
    assert body.index("profiles/money.yaml") < body.index("profiles/0.yaml"), "most important first"
    assert "money $37,162 a month more" in body
    last = body.splitlines()[-1]
    assert last.startswith("_Left out, for this comment can be no longer: 30 lists of changed def")
    assert body.count("<details>") == body.count("</details>")


def test_hundreds_of_new_profiles_fit() -> None:
    pairs = [Pair(None, Text(f"profiles/{'x' * 90}{n}.yaml", BASE)) for n in range(400)]
    found, _ = reviewed(pairs[:1])
    body = markdown(review(found * 400))

    assert len(body.encode()) <= LIMIT
    assert "Left out" in body


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 5)), max_size=40))
def test_pieces_fit_or_are_the_least_that_must_stay(given: list[tuple[str, int]]) -> None:
    pieces = [Piece(text, (order,), ("piece", "pieces")) for text, order in given]

    text = fitted(pieces, 450, "left out: {}")

    assert len(text.encode()) <= 450
    if sum(len(piece.text.encode()) for piece in pieces) <= 450:
        assert text == "".join(piece.text for piece in pieces)


def with_variables(text: str, variables: dict[str, str]) -> str:
    lines = "".join(f'    {name}: "{value}"\n' for name, value in variables.items())
    return text.replace("  env:\n", f"  env:\n{lines}", 1)


HOSTILE = {
    "LD_PRELOAD": "/model-cache/x.so",
    "PYTHONPATH": "/model-cache",
    "HTTPS_PROXY": "http://e",
}


@pytest.mark.parametrize("new_profile", [False, True])
def test_another_profiles_padding_hides_nothing_either(new_profile: bool) -> None:
    pad = {f"UNHEARD_OF_{n:04}": "x" * 90 for n in range(600)}
    pairs = [
        Pair(None if new_profile else Text(file, BASE), Text(file, with_variables(BASE, more)))
        for file, more in (("aaa.yaml", pad), ("zzz.yaml", HOSTILE))
    ]
    found, _ = reviewed(pairs)

    body = markdown(review(found))

    assert len(body.encode()) <= LIMIT
    assert "`LD_PRELOAD`" in body
    assert "`PYTHONPATH`" in body
    assert "concerns security is left out here" in body[:4000]


@pytest.mark.parametrize("padding", ["SGLANG_PAD_{}", "NCCL_PAD_{}", "LD_PAD_{}", "PAD_{}"])
@pytest.mark.parametrize("new_profile", [False, True])
def test_no_padding_hides_what_runs_code(padding: str, new_profile: bool) -> None:
    pad = {padding.format(f"{n:04}"): "x" * 90 for n in range(600)}
    changed = with_variables(BASE, {**pad, **HOSTILE})
    old = None if new_profile else Text("p.yaml", BASE)
    found, _ = reviewed([Pair(old, Text("p.yaml", changed))])

    body = markdown(review(found))

    assert len(body.encode()) <= LIMIT
    head = body[:4000]
    if padding.startswith("LD_"):  # which of 1,503 it is that matters nobody can say
        assert "concerns security is left out here" in head
    else:
        assert "`LD_PRELOAD`" in head
        assert "`PYTHONPATH`" in head
        assert "`HTTPS_PROXY`" in head
    assert ("concerns security is left out here" in head) is not padding.startswith("NCCL_")
