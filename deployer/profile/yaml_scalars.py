"""What a plain (unquoted) YAML scalar means here, and which ones are refused.

YAML 1.1 and YAML 1.2 read many plain scalars differently: ``on``, ``010``, ``1e-5``, ``1:30``.
A plain scalar is accepted only where both agree: ``null``, ``true``, ``false``, numbers written
as in JSON (a fraction before an exponent, a sign in it), and text that neither takes for
something else. The rest is a finding which says what to write.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from deployer.late import compile_pattern
from deployer.profile.wording import code, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER = compile_pattern(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT = compile_pattern(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?\Z")
_ORDINARY = compile_pattern(
    r"(?![-+.0-9~<]|(?:true|false|yes|no|on|off|y|n|null)\Z)", re.IGNORECASE
)
"""What begins as neither a number nor a word of YAML is text: nearly all that a profile holds."""
_DECIMAL = compile_pattern(r"([-+]?)([0-9]*)(\.?)([0-9]*)(?:[eE]([-+]?)([0-9]+))?\Z")
_INVISIBLE = compile_pattern("[\u00a0\u00ad\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000]")
_LARGEST = 2**63 - 1
_LONGEST_NUMBER = 40
_WORDS = {"null": None, "true": True, "false": False}
_TRUE = frozenset({"true", "yes", "on", "y"})


@dataclass(frozen=True, slots=True)
class Misread:
    """Why a plain scalar is refused, and what to write instead."""

    check: str
    message: str
    hint: str


Scalar: TypeAlias = bool | int | float | str | None


def resolve(text: str) -> Scalar | Misread:
    """Say what a plain scalar means; a :class:`Misread` where readers of YAML disagree."""
    if text in _WORDS:
        return _WORDS[text]
    if not _ORDINARY.match(text):
        return _odd(text)
    return _invisible(text) if _INVISIBLE.search(text) else text


def is_number(text: str) -> bool:
    """Whether this text, without its quotes, would be a number."""
    return bool(_INTEGER.match(text) or _FLOAT.match(text))


def _odd(text: str) -> Scalar | Misread:
    if _INTEGER.match(text):
        return _integer(text)
    if _FLOAT.match(text):
        return _float(text)
    for pattern, misread in _REFUSED:
        if pattern.match(text):
            return misread(text)
    return _invisible(text) if _INVISIBLE.search(text) else text


def _integer(text: str) -> int | Misread:
    # The length comes first: int() itself refuses thousands of digits.
    if len(text) > _LONGEST_NUMBER or abs(int(text)) > _LARGEST:
        message = f"{code(text)} is too large for a whole number (64 bits)"
        return Misread("yaml-number", message, _or_quotes("write a smaller number", text))
    return int(text)


def _float(text: str) -> float | Misread:
    value = float(text)
    if not math.isfinite(value):
        message = f"{code(text)} is too large for a number"
        return Misread("yaml-number", message, _or_quotes("write a smaller number", text))
    return value


def _boolean(text: str) -> Misread:
    meant = "true" if text.lower() in _TRUE else "false"
    if text.lower() == meant:
        message = f"{code(text)} is a boolean in capitals"
    else:
        message = f"{code(text)} is a boolean to some readers of YAML and text to others"
    return Misread("yaml-boolean", message, _or_quotes(f"write `{meant}`", text))


def _null(text: str) -> Misread:
    message = f"{code(text)} is one of several spellings of `null`"
    return Misread("yaml-null", message, _or_quotes("write `null`", text))


def _number(text: str) -> Misread:
    parts = _DECIMAL.match(text.replace("_", ""))
    message = f"{code(text)} is a number to some readers of YAML and text to others"
    if parts is None or len(text) > _LONGEST_NUMBER:
        return Misread("yaml-number", message, _or_quotes("write it in digits", text))
    sign, whole, dot, fraction, exponent_sign, exponent = parts.groups()
    if not dot and not exponent and re.fullmatch(r"0[0-7]+", whole):
        message = (
            f"{code(text)} is {int(whole, 8)} to some readers of YAML and {int(whole)} to others"
        )
        hint = _or_quotes(f"write `{int(whole, 8)}` or `{int(whole)}`", text)
        return Misread("yaml-number", message, hint)
    plain = f"{'-' if sign == '-' else ''}{whole.lstrip('0') or '0'}"
    if dot or exponent:
        plain += f".{fraction or '0'}"
    if exponent:
        plain += f"e{exponent_sign or '+'}{exponent}"
    if not math.isfinite(float(plain)):
        return Misread("yaml-number", message, f"write {quoted(text)}")
    return Misread("yaml-number", message, _or_quotes(f"write `{plain}`", text))


def _based(text: str) -> Misread:
    message = f"{code(text)} is a number to some readers of YAML and text to others"
    if len(text) > _LONGEST_NUMBER:
        return Misread("yaml-number", message, _or_quotes("write it in digits", text))
    value = int(text.lower().replace("_", ""), 0)
    return Misread("yaml-number", message, _or_quotes(f"write `{value}`", text))


def _not_finite(text: str) -> Misread:
    message = f"{code(text)} is not a number that a profile can use"
    return Misread("yaml-number", message, _or_quotes("write a finite number", text))


def _sexagesimal(text: str) -> Misread:
    message = f"{code(text)} is a number in base 60 to some readers of YAML and text to others"
    return Misread("yaml-sexagesimal", message, f"write {quoted(text)}, or the number in digits")


def _date(text: str) -> Misread:
    message = f"{code(text)} is a date to some readers of YAML and text to others"
    return Misread("yaml-date", message, f"write {quoted(text)}")


def _merge(_: str) -> Misread:
    message = "merge keys (`<<`) are not read: every value stands where it applies"
    return Misread("yaml-merge-key", message, "write the keys out")


def _invisible(text: str) -> Misread:
    names = ", ".join(sorted({f"U+{ord(found):04X}" for found in _INVISIBLE.findall(text)}))
    message = f"{quoted(text)} holds an invisible character ({names})"
    hint = "type it anew; text copied from a web page often holds such spaces"
    return Misread("invisible-character", message, hint)


def _or_quotes(instead: str, text: str) -> str:
    return f"{instead}, or {quoted(text)} if text is meant"


_REFUSED: tuple[tuple[re.Pattern[str], Callable[[str], Misread]], ...] = (
    (compile_pattern(r"(?:true|false|yes|no|on|off|y|n)\Z", re.IGNORECASE), _boolean),
    (compile_pattern(r"(?:~|null)\Z", re.IGNORECASE), _null),
    (compile_pattern(r"<<\Z"), _merge),
    (compile_pattern(r"[-+]?\.(?:inf|nan)\Z", re.IGNORECASE), _not_finite),
    (
        compile_pattern(
            r"[-+]?0(?:x[0-9a-f_]*[0-9a-f]|o[0-7_]*[0-7]|b[01_]*[01])\Z", re.IGNORECASE
        ),
        _based,
    ),
    (compile_pattern(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z"), _sexagesimal),
    (compile_pattern(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?\Z", re.DOTALL), _date),
    (compile_pattern(r"[-+]?(?=\.?[0-9])[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?\Z"), _number),
)
