"""No secret passes, however it is quoted and wherever the stream is cut."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import xml.sax.saxutils
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.serve.redact import MARK, Redactor
from tests.volume import scaled

KEY = "sk-'q\"-and-\\slash/+end="
FORMS = (
    KEY,
    json.dumps(KEY)[1:-1],
    json.dumps(json.dumps(KEY))[3:-3],
    repr(KEY)[1:-1],
    repr({"api_key": KEY})[13:-2],
    quote(KEY, safe=""),
    quote(KEY, safe="").lower(),
    json.dumps({"api_key": KEY}),
    repr(json.dumps({"api_key": KEY})),
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_redacted(form: str) -> None:
    clean = Redactor([KEY]).text(f"before {form} after")
    assert MARK in clean
    assert "slash" not in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")


@scaled(0.6)
@given(
    st.lists(st.sampled_from([*FORMS, KEY[:5], KEY[3:], "\n", "text", "s"]), max_size=8),
    st.lists(st.integers(1, 12), min_size=1, max_size=40),
)
def test_no_cut_lets_a_secret_through(words: list[str], cuts: list[int]) -> None:
    redactor = Redactor([KEY])
    stream = redactor.stream()
    whole = "".join(words).encode()
    shown, start = b"", 0
    for number in range(len(whole)):
        end = start + cuts[number % len(cuts)]
        shown += stream.feed(whole[start:end])
        start = end
    shown += stream.finish()
    assert KEY.encode() not in shown
    assert shown == redactor.clean(whole)


def test_a_complete_line_is_never_held_back() -> None:
    stream = Redactor([KEY]).stream()
    assert stream.feed(b"a line\n") == b"a line\n"
    assert stream.feed(b"progress s") == b"progress "
    assert stream.feed(b"o far") == b"so far"


def test_without_a_secret_nothing_changes() -> None:
    assert Redactor(["", "1"]).text("1 and all") == "1 and all"


@scaled(0.3)
@given(st.binary())
def test_other_bytes_pass_as_they_are(data: bytes) -> None:
    assert Redactor([KEY]).clean(data) == data


def test_a_text_loses_what_has_the_shape_of_a_secret_that_nobody_named() -> None:
    said = Redactor(["the-key-of-this-server"]).text(
        f"got hf_{'Ab' * 16} and the-key-of-this-server"
    )

    assert said == "got *** and [redacted]"


PLAIN = "cAnArY0123456789abcdefXYZ"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "Basic of another": lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
    "base64 within": lambda text: base64.b64encode(f"a{text}, and more".encode()).decode(),
    "shell": shlex.quote,
    "shell, in words": lambda text: text.replace("'", "'\\''"),
    "shell, doubly": lambda text: re.sub(r'(["$`\\])', r"\\\1", text),
    "YAML": lambda text: text.replace("'", "''"),
    "logfmt": lambda text: f"key={json.dumps(text)}",
    "HTML": html.escape,
    "XML": lambda text: xml.sax.saxutils.escape(text, {"'": "&apos;", '"': "&quot;"}),
    "XML attribute": xml.sax.saxutils.quoteattr,
    "JSON twice": lambda text: json.dumps(json.dumps(text)),
    "JSON thrice": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "address": lambda text: quote(text, safe=""),
    "hex, apart": lambda text: text.encode().hex(" "),
    "HEX, apart": lambda text: text.encode().hex(" ").upper(),
    "hex, as of a certificate": lambda text: text.encode().hex(":").upper(),
    "hex, as of an array": lambda text: ", ".join(f"0x{each:02x}" for each in text.encode()),
    "hex, as of xxd": lambda text: text.encode().hex(" ", -2),
    "hex, as of xxd, within": lambda text: f"x{text}".encode().hex(" ", -2),
    "escaped": lambda text: "".join(f"\\x{each:02x}" for each in text.encode()),
    "escaped as JSON": lambda text: "".join(f"\\u{each:04x}" for each in text.encode()),
    "escaped as an address": lambda text: "".join(f"%{each:02X}" for each in text.encode()),
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", [KEY, PLAIN])
def test_no_encoding_lets_a_secret_through(encoding: str, secret: str) -> None:
    written = ENCODINGS[encoding](secret)
    clean = Redactor([secret]).text(f"before {written} after")
    assert MARK in clean
    middle = written[len(written) // 3 : -len(written) // 3]
    assert middle not in clean
    assert len(clean) < len(f"before {written} after")


@pytest.mark.parametrize("apart", ["HEX, apart", "hex, as of an array", "escaped as an address"])
@pytest.mark.parametrize("cut", [1, 2, 3, 5])
@pytest.mark.parametrize("secret", [KEY, "0" * 16, "p@P`" * 5])
def test_bytes_that_come_letter_by_letter_are_hidden(secret: str, cut: int, apart: str) -> None:
    stream = Redactor([secret]).stream()
    whole = f" {ENCODINGS[apart](secret)} after".encode()
    shown = b"".join(stream.feed(whole[at : at + cut]) for at in range(0, len(whole), cut))

    assert MARK.encode() in shown + stream.finish()


@scaled(1)
@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=60),
    st.sampled_from(sorted(ENCODINGS)),
    st.text(max_size=9),
    st.lists(st.integers(1, 30), min_size=1, max_size=20),
)
def test_no_canary_passes_any_encoding_and_any_cut(
    secret: str, encoding: str, before: str, cuts: list[int]
) -> None:
    stream = Redactor([secret]).stream()
    written = ENCODINGS[encoding](secret)
    whole = f"{before} {written} after".encode()
    shown, start = b"", 0
    for number in range(len(whole)):
        end = start + cuts[number % len(cuts)]
        shown += stream.feed(whole[start:end])
        start = end
    shown += stream.finish()
    assert MARK.encode() in shown
    assert secret.encode() not in shown
    middle = written[len(written) // 3 : -len(written) // 3]
    assert middle.encode() not in shown.removeprefix(before.encode())


LINES: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 of PEM": lambda text: "\n".join(
        re.findall(".{1,64}", base64.b64encode(f"key={text}".encode()).decode())
    ),
    "xxd -p": lambda text: "\n".join(re.findall(".{1,60}", text.encode().hex())),
}


@pytest.mark.parametrize("encoding", LINES)
def test_what_a_tool_breaks_into_lines_is_hidden_too(encoding: str) -> None:
    secret = "b8d1" * 16
    written = LINES[encoding](secret)
    first, *_, last = written.split()
    clean = Redactor([secret]).text(f"before\n{written}\nafter")
    assert MARK in clean
    assert first[8:] not in clean
    assert last[:-8] not in clean or len(last) <= 8
    assert clean.startswith("before\n")
    assert clean.endswith("\nafter")


@pytest.mark.parametrize("secret", ["0" * 16, PLAIN])
@pytest.mark.parametrize("alone", [1, 2, 3, 16])
def test_letters_that_come_on_lines_of_their_own_are_hidden(secret: str, alone: int) -> None:
    """The first of them is shown, for one letter is none; all others with what follows are not."""
    stream = Redactor([secret]).stream()
    lines = [*secret[:alone], secret[alone:]]
    shown = b"".join(stream.feed(f"{line}\n".encode()) for line in ["before", *lines, "after"])
    plain = (shown + stream.finish()).decode()
    assert MARK in plain
    assert secret[1:] not in plain.replace("\n", "")


BREAKS = ("\n", "\r\n", "\x1b[1m", "\x1b[0;31m", "\x1b[0m\n", "\x1b]0;title\x07")


@scaled(2)
@given(
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFG0123456789-_.+/=", min_size=16, max_size=40),
    st.lists(st.tuples(st.integers(2, 39), st.sampled_from(BREAKS)), min_size=1, max_size=6),
    st.lists(st.integers(1, 30), min_size=1, max_size=20),
)
def test_no_canary_passes_in_pieces(
    secret: str, breaks: list[tuple[int, str]], cuts: list[int]
) -> None:
    """Broken over lines or by colours, wherever that is, and wherever the stream is cut."""
    written = list(secret)
    for at, text in breaks:
        written[at % (len(secret) - 1)] += text
    stream = Redactor([secret]).stream()
    whole = f"before {''.join(written)} after\n".encode()
    shown, start = b"", 0
    for number in range(len(whole)):
        end = start + cuts[number % len(cuts)]
        shown += stream.feed(whole[start:end])
        start = end
    shown += stream.finish()
    plain = shown.decode()
    for _, text in breaks:
        plain = plain.replace(text, "")
    assert secret not in plain.replace("\r", "").replace("\n", "")
    assert MARK in shown.decode()
