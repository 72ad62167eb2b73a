"""Hints that name a value, followed: what a reader would write into the profile for each.

A hint has one or more ways out, and each is tried by itself. A way may state several keys. What a
hint leaves to the reader (another checkpoint, more GPUs, a folder, another target with all that it
needs) names no value and is no way.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

from deployer.facts.sglang.catalogue import find

from .sane import Change

ALTERNATIVE = re.compile(r"(?:[,;] or |; |(?<=`) or (?=`)|(?<=\d) or (?=\d|`))")
PAIR = re.compile(r"`([\w.-]+): ([^`]+)`")
QUOTED = re.compile(r"`([^`]+)`")
BARE = re.compile(r"^(?:write|give it)(?: at (?:least|most))? (\d[\d.]*)(?:[,: ]|$)")
OUT = re.compile(r"\bleave `([\w.]+)` out")

RELEASE = re.compile(r"\b(?:take|or|mean|write) (\d+\.\d+\.\d+(?:\.post\d+)?)\b")
KEY = re.compile(r"(?:parallel|memory|schedule|kernels|moe|speculative|serving|model)\.\w+")
SEVERAL = re.compile(r"^write one of ([\w., ]+?)(?: for `([\w.]+)`.*)?$")
FLAG = re.compile(r"^--([\w-]+)(?: (\S+))?$")
TAG = re.compile(r"`v([\d.]+(?:\.post\d+)?)` in the tag|begins with `v([\d.]+(?:\.post\d+)?)`")
ELSEWHERE = ("engine.args", "engine.env")
WRITES = (
    "write",
    "state",
    "set",
    "keep",
    "leave it out and",
    "take",
    "give",
    "did you mean",
    "in SGLang",
    "the nearest",
)
"""How a way begins that names what is to be written."""


def ways(hint: str, paths: Sequence[str], profile: Change) -> Iterator[tuple[str, Change]]:
    """Give each way out that names a value, with the profile as it is then.

    ``paths`` are all the keys that the same is said of, which a reader mends together.
    """
    under = next((place for place in ELSEWHERE if f"under `{place}`" in hint), "")
    verb = ""
    for clause in _clauses(hint):
        verb = clause if clause.startswith(WRITES) else verb and f"write {clause}"
        after = copy.deepcopy(profile)
        done = [_follow(verb, path, under, after) for path in paths if verb]
        if any(done) and after != profile:
            yield clause, after


def _clauses(hint: str) -> Iterator[str]:
    """Give the ways of a hint, one for each value of a list."""
    if (several := SEVERAL.search(hint)) is not None:
        key = several[2]
        for value in several[1].split(", "):
            yield f"write `{key}: {value}`, and leave `tp` out" if key else f"write {value}"
    else:
        yield from ALTERNATIVE.split(hint)


def _follow(clause: str, path: str, under: str, after: Change) -> bool:
    """Write what a way says into a profile; False where it names no value."""
    if found := TAG.search(clause):
        return _image(after, found[1] or found[2])
    if clause.startswith("leave it out and "):
        _take(after, path)
    if found := RELEASE.search(clause):
        return _release(after, found[1])
    section = path.rpartition(".")[0] or path
    if pairs := [one for one in PAIR.findall(clause) if one[0] != "target"]:
        if path.startswith("engine.args.") and "." in pairs[0][0]:
            _take(after, path)
        for name in OUT.findall(clause):
            _take(after, f"{section}.{name}")
        for key, value in pairs:
            place = key if "." in key else f"{under or section}.{key}"
            _put(after, place, _value(value))
        return True
    return _alone(clause, path, after)


def _alone(clause: str, path: str, after: Change) -> bool:
    """Write one value where the finding is, or another name of it."""
    quoted = QUOTED.search(clause)
    word = quoted[1] if quoted is not None else ""
    if path.startswith("engine.args.") and (flag := FLAG.match(word)) is not None:
        old = _take(after, path)
        _put(after, f"engine.args.{flag[1]}", old if flag[2] is None else _value(flag[2]))
    elif path.startswith("engine.args.") and word in _options(after):
        _put(after, f"engine.args.{word}", _take(after, path))
    elif path.startswith("engine.args.") and KEY.fullmatch(word):
        _put(after, word, _take(after, path))
    elif clause.startswith("write `") and not re.search(r"[/ ,{]|^--", word):
        _put(after, path, _value(word))
    elif (bare := BARE.match(clause)) is not None:
        _put(after, path, _value(bare[1]))
    else:
        return False
    return True


def _options(after: Change) -> frozenset[str]:
    catalogue = find(str(after["engine"]["version"]))
    return frozenset(name[2:] for name in catalogue.strings()) if catalogue else frozenset()


def _image(after: Change, version: str) -> bool:
    name = after["engine"]["image"].partition("@")[0].partition(":")[0]
    after["engine"]["image"] = f"{name}:v{version}-cu130@sha256:{'0' * 64}"
    return True


def _release(after: Change, version: str) -> bool:
    """Take a release, with an image of it."""
    after.setdefault("engine", {})["version"] = version
    return "image" not in after["engine"] or _image(after, version)


def _put(after: Change, path: str, value: object) -> None:
    *sections, name = _parts(path)
    place: Any = after
    for section in sections:
        place[section] = dict(place.get(section) or {})
        place = place[section]
    place[name] = value


def _take(after: Change, path: str) -> object:
    *sections, name = _parts(path)
    place: Any = after
    for section in sections:
        place = place.get(section) or {}
    return place.pop(name, None)


def _parts(path: str) -> list[str]:
    """Give the parts of a key; a name under `engine.args` and `engine.env` is the rest."""
    for place in ELSEWHERE:
        if path.startswith(f"{place}."):
            return [*place.split("."), path.removeprefix(f"{place}.")]
    return path.split(".")


def _value(text: str) -> object:
    """Give what YAML makes of a value."""
    if text.startswith('"'):
        return text.strip('"')
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"\d+\.\d+", text):
        return float(text)
    return text
