"""Whether a text looks like a profile: for finding profiles among other YAML files.

Only the keys at its left margin are looked at, so a profile that is not right, or no YAML at all,
is found all the same, and what is wrong with it is said. A likeness is no more than that: nothing
is done with a file because of it but to read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REQUIRED = ("name", "model", "hardware", "engine")
"""The sections without which there is no profile."""

ENOUGH = 3
"""How many of them make a file look like a profile; its author may have forgotten or misspelt one.
Other tools' files have two (`name` and `model`: dstack's services)."""

TELLING = r"""(^|[{,[:space:]])["']?(model|hardware|engine|extends)["']?[[:space:]]*:"""
"""A line that some file of two of them must have, as a POSIX expression: what `git grep` takes."""

_EXTENDS = re.compile(
    r"""^["']?extends["']?[ \t]*:[ \t]*["']?([^\s"'#][^"'#\n]*?\.ya?ml)["']?[ \t]*(?:#.*)?$""",
    re.MULTILINE,
)
"""What a profile extends; the lists and packages that other tools' files extend are none."""

_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")
"""The byte order marks of UTF-16, as they stand in a text that was read as UTF-8."""

_BRACES = re.compile(r"^\{", re.MULTILINE)

_TOP = re.compile(r"""^["']?(name|model|hardware|engine)["']?[ \t]*:""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a text looks like a profile: which of the sections it has."""

    has: tuple[str, ...]
    extends: str = ""

    @property
    def profile(self) -> bool:
        """Whether it is taken for one: by its sections, or by its name and what it extends."""
        return len(self.has) >= ENOUGH or bool(self.extends and "name" in self.has)

    @property
    def nameless(self) -> bool:
        """Whether it may be what others extend, and no profile by itself."""
        return "name" not in self.has

    @property
    def near(self) -> bool:
        """Whether it is not taken for one, and might still have been meant to be."""
        return not self.profile and len(self.has) == ENOUGH - 1

    @property
    def lacks(self) -> tuple[str, ...]:
        """Which sections it does not have."""
        return tuple(key for key in REQUIRED if key not in self.has)


def likeness(text: str) -> Likeness:
    """Look at the keys of a text; bytes that are no UTF-8 stand in it as surrogates.

    UTF-16 is read for what it says: it is no profile, and that is to be told and not passed over.
    """
    if text.startswith(_UTF_16):
        text = text.encode("utf-8", "surrogateescape").decode("utf-16", "replace")
    found = set(_TOP.findall(text))
    named = _EXTENDS.search(text)
    extends = named[1] if named else ""
    if len(found) < ENOUGH and _BRACES.search(text):
        value = _in_braces(text)
        found |= set(REQUIRED) & set(value)
        base = value.get("extends")
        extends = base if isinstance(base, str) else extends
    return Likeness(tuple(key for key in REQUIRED if key in found), extends)


def _in_braces(text: str) -> dict[object, object]:
    """Give a mapping that is written in braces, an empty one where it cannot be read."""
    import yaml  # noqa: PLC0415 - for few files

    try:
        value = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
