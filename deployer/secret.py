"""What a secret looks like, by its name and by its shape, and how it may be spelt by others.

All that is shown, compared or kept asks here, so that what one place hides no other one tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from deployer.late import compile_pattern

HIDDEN = "***"
"""What stands in the place of a secret."""

_ALONE = r"(?<![A-Za-z0-9_-])"
"""Nothing before it that would make it the middle of a longer word."""

_NO_BASE64 = "(?<![+/])"
"""Nor of base64, where a prefix of letters alone turns up by chance."""

SHAPES = (
    rf"{_NO_BASE64}(?:AKIA|ASIA)[A-Z0-9]{{16}}(?![A-Za-z0-9+/=_-])",
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"glpat-[A-Za-z0-9_-]{16,}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"xapp-[A-Za-z0-9-]{16,}",
    r"hf_[A-Za-z0-9]{16,}",
    r"(?:sk|ak|as|wk|ws)-(?:[a-z0-9]{2,8}-){0,3}[A-Za-z0-9_]{16,}[A-Za-z0-9_-]*",
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    rf"{_NO_BASE64}AIza[A-Za-z0-9_-]{{30,}}",
    r"ya29\.[A-Za-z0-9_-]{20,}",
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)",
)
"""Keys of AWS, GitHub, GitLab, Slack, Hugging Face, OpenAI and Anthropic (`sk-`), Modal (`ak-`,
`as-`, and `wk-`, `ws-` for its proxy), Stripe, Google, npm and PyPI; a JSON Web Token (RFC 7519); a
private key in PEM (RFC 7468).
AWS's second half, which is 40 letters of base64 and nothing else, is known by its name alone.

Source of the prefixes: their issuers' documentation, as GitHub gathers it (docs.github.com,
"Supported secret scanning patterns")."""

BEGINNINGS = (
    "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-",
    "hf_", "sk-", "ak-", "as-", "wk-", "ws-", "rk_live_", "rk_test_", "sk_live_", "sk_test_",
    "AIza", "ya29.", "npm_", "pypi-", "eyJ", "-----BEGIN", "://", "Bearer", "Basic",
)  # fmt: skip
"""What is in every text that has one of these shapes: a text without them is told at little cost.
Each stands where its shape begins, but for an address's."""

IN_URL = (
    r"(?P<before>[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@?#]*:)(?P<password>[^\s/@${<*][^\s/@]*)(?=@)"
)
"""A password in an address; `${PASSWORD}` and `<password>` are none."""

IN_HEADER = r"(?P<scheme>\b(?:Bearer|Basic)\s+)(?=[^\s]*[0-9])[A-Za-z0-9._~+/-]{16,}=*"
"""What a header for authorization holds: with a digit, unlike words that follow by chance."""

_SECRET = f"{_ALONE}(?:{'|'.join(SHAPES)})|{IN_URL}|{IN_HEADER}"
_LOOKS = compile_pattern(_SECRET, re.DOTALL)
_LOOKS_IN_BYTES = compile_pattern(_SECRET.encode(), re.DOTALL)

_NAME = compile_pattern(
    r"(^|[_-])((API|ACCESS|ACCOUNT|AUTH|ENCRYPTION|MASTER|PRIVATE|SECRET|SIGNING|SSH)[_-]?KEY"
    r"|ACCESS_KEY_ID|(?<!PER_)TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)$",
    re.IGNORECASE,
)
_MAY_NAME = compile_pattern(
    r"(^|_)(\w*KEY(_ID)?|TOKEN|PAT|AUTH|PASSWD|PASSPHRASE|CREDENTIALS?)$|SECRET|PASSWORD",
    re.IGNORECASE,
)
_PAIR = compile_pattern(r'"((?:[^"\\]|\\.)*)"\s*:\s*"((?:[^"\\]|\\.)*)')
"""A name and a text in JSON; the text may break off."""

_MARKER = compile_pattern(r"|<[^<>]+>|\[[A-Z]+\]", re.DOTALL)
"""Nothing, or how tokenizers write their special tokens."""


def names_secret(name: str) -> bool:
    """Whether a variable or a key of that name is there to hold a secret (`HF_TOKEN`)."""
    return _NAME.search(name) is not None


def may_name_secret(name: str) -> bool:
    """Whether it might be: for keeping back what nobody misses (`GRAPH_KEY`)."""
    return names_secret(name) or _MAY_NAME.search(name) is not None


def within_json(text: str) -> bool:
    """Whether a text is JSON, or broken JSON, in which the name of a secret has a text.

    `{"api_key": "x"}` is; a model's own marker, `{"eos_token": "</s>"}`, is not.
    """
    return text.lstrip().startswith(("{", "[")) and any(
        names_secret(found[1]) and _MARKER.fullmatch(found[2]) is None
        for found in _PAIR.finditer(text)
    )


def looks_secret(text: str) -> bool:
    """Whether something in a text has the shape of a secret."""
    return _LOOKS.search(text) is not None


def masked(text: str) -> str:
    """Give a text with what has the shape of a secret replaced by :data:`HIDDEN`."""
    return _LOOKS.sub(_mask, text)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Give where in a text the shapes of secrets stand."""
    return (found.span() for found in _LOOKS.finditer(text))


def hidden_spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Give what :func:`masked` would hide of a text in any encoding that holds ASCII as it is."""
    for found in _LOOKS_IN_BYTES.finditer(data):
        yield max(found.end("before"), found.end("scheme"), found.start()), found.end()


def _mask(found: re.Match[str]) -> str:
    return f"{found['before'] or found['scheme'] or ''}{HIDDEN}"


def forms(secret: str) -> set[str]:
    """Give the spellings of a secret: as it is, quoted once and twice over, and encoded.

    A third time it is quoted as JSON alone, which is what a log of a log of a request does.
    """
    found = {secret}
    for _ in range(2):
        found |= {quoted for form in found for quoted in _quoted(form)}
    twice = json.dumps(json.dumps(secret)[1:-1])[1:-1]
    raw = secret.encode(errors="surrogatepass")
    coded = {raw.hex(), raw.hex().upper(), *base64_of(raw)}
    return found | {json.dumps(twice)[1:-1], secret.upper(), secret.lower()} | coded


def _quoted(text: str) -> Iterable[str]:
    plain = json.dumps(text)[1:-1]
    yield plain
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield plain.replace("/", "\\/")
    # How Go and Jinja's tojson write JSON that may stand inside HTML.
    yield re.sub("[<>&']", lambda found: f"\\u{ord(found[0]):04x}", plain)
    yield repr(text)[1:-1]
    yield repr(text + '"')[1:-2]  # as inside a repr that has to escape single quotes
    yield text.replace("\\", "\\\\").replace("'", "\\'")
    yield from _quoted_for_shells(text)
    yield from _quoted_as_markup(text)
    for encode in (quote, quote_plus):
        for safe in ("", "/"):
            percent = encode(text, safe=safe)
            yield percent
            yield re.sub("%..", lambda found: found[0].lower(), percent)


def _quoted_for_shells(text: str) -> Iterable[str]:
    """As words of a shell (`shlex.quote`, `set -x`, `printf %q`), and within quotes of YAML."""
    yield text.replace("'", "'\"'\"'")
    yield text.replace("'", "'\\''")
    yield text.replace("'", "''")
    yield re.sub(r'(["$`\\])', r"\\\1", text)
    yield re.sub(r"([^A-Za-z0-9_@%+:,./=-])", r"\\\1", text)


def _quoted_as_markup(text: str) -> Iterable[str]:
    """As text of HTML and XML, whose quotes have several names."""
    import html  # noqa: PLC0415 - for whoever has a secret to hide

    yield html.escape(text)
    plain = html.escape(text, quote=False)
    yield plain
    for single in ("'", "&apos;", "&#39;"):
        for double in ('"', "&quot;", "&#34;"):
            yield plain.replace("'", single).replace('"', double)


def base64_of(raw: bytes) -> Iterable[str]:
    """Give a secret in base64, also within something longer.

    Three bytes are four letters of base64: wherever a secret begins in what is encoded (`Basic`
    encodes `user:KEY`), all of its letters but the outermost are those of one of three places.
    """
    import base64  # noqa: PLC0415 - for whoever has a secret to hide

    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw)
        whole = (before + len(raw)) // 3 * 4
        inner = coded[-(-before * 8 // 6) : whole].decode()
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
