"""What holds for every profile: comments stay, the value is the meant one, twice is once."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.compile.arguments import extra_values
from deployer.facts.sglang.catalogue import Option, load, releases
from deployer.facts.sglang.replacements import spell
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from deployer.upgrade.document import Document
from deployer.upgrade.notes import Kind, Upgrade
from deployer.upgrade.upgrade import upgrade
from tests.volume import scaled

TROUBLED = list(
    {
        option.name: option
        for version in ("0.5.9", "0.5.10.post1", "0.5.13", "0.5.18", "0.5.23")
        for option in load(version)
        if spell(load("0.5.9"), option.name) is None or spell(load("0.5.23"), option.name) is None
        if not option.required
    }.values()
)
"""Options that one release or the other does not know by itself: here things happen."""

COMMENTS = st.sampled_from(["", "  # why", " #x", "   # 'quoted' \"text\": {a: b}"])
ABOVE = st.sampled_from(["", "# above\n", "\n", "# one\n\n# two\n"])
QUOTES = st.sampled_from(["", "'", '"'])


@st.composite
def entries(draw: st.DrawFn, indent: str) -> str:
    """Write one entry of `engine.args` in one of the ways in which people write."""
    option: Option = draw(st.sampled_from(TROUBLED))
    quote = draw(QUOTES)
    name = option.name.removeprefix("--")
    value = _value(draw, option)
    comment, above = draw(COMMENTS), draw(ABOVE)
    lines = "".join(f"{indent}{line}\n" if line else "\n" for line in above.splitlines())
    return (
        f"{lines}{indent}{quote}{name}{quote}:{draw(st.sampled_from([' ', '   ']))}{value}{comment}"
    )


def _value(draw: st.DrawFn, option: Option) -> str:
    if option.nargs == 0:
        return "true"
    choices = [str(choice) for choice in option.choices or ("8", "1")]
    quote = draw(st.sampled_from(["'", '"']))
    value = f"{quote}{draw(st.sampled_from(choices))}{quote}"
    return f"[{value}]" if option.nargs in {"+", "*"} else value


@st.composite
def profiles(draw: st.DrawFn) -> str:
    """Write a whole profile: any order of its sections, any line ends, comments anywhere."""
    version = draw(st.sampled_from(releases()))
    args = draw(st.lists(entries("    "), max_size=5, unique_by=_name))
    nsa = draw(st.sampled_from(["nsa", "dsa", "'nsa'", "fa3"]))
    spec = draw(st.sampled_from(['"1"', "'true'", '"0"']))
    engine = f"engine:{draw(COMMENTS)}\n  version: {version}{draw(COMMENTS)}\n"
    if draw(st.booleans()):
        engine += f"  image: x/sglang:v{version}-cu130{draw(COMMENTS)}\n"
    if args:
        engine += "  args:\n" + "\n".join(args) + "\n"
    if draw(st.booleans()):
        engine += f"  env:{draw(COMMENTS)}\n    # overlap\n    SGLANG_ENABLE_SPEC_V2: {spec}\n"
    sections = [
        "name: x\n",
        "target: local\n",
        "model: {repo: a/b, path: /m, served_name: b}\n",
        "hardware:\n  gpu: H100 # ours\n  count: 8\n",
        engine,
        f"kernels:\n  # sparse\n  attention: {nsa}{draw(COMMENTS)}\n",
    ]
    if draw(st.booleans()):
        sections.append("parallel: {ep: 1}\n")
    text = "".join(draw(st.permutations(sections)))
    text = text if draw(st.booleans()) else text.removesuffix("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def _name(entry: str) -> str:
    return entry.splitlines()[-1].split(":")[0].strip(" '\"")


def _done(text: str, version: str) -> Upgrade | None:
    """Upgrade; None where hypothesis wrote what is no profile (a value that no field takes)."""
    if load_profile(text, "x").profile is None:
        return None
    return upgrade(text, "x", version)


def _profile(text: str) -> Profile:
    profile = load_profile(text, "x").profile
    assert profile is not None
    return profile


@scaled(0.25)
@given(profiles(), st.sampled_from(releases()))
def test_nothing_is_lost(text: str, version: str) -> None:
    done = _done(text, version)
    assert done is not None
    before, after = Document.read(text, "x"), Document.read(done.text, "x")
    lost = list((Counter(before.comments()) - Counter(after.comments())).elements())

    assert all(any(c.endswith(old) for c in after.comments()) for old in lost)
    assert ("\r\n" in text) == ("\r\n" in done.text)
    touched = {n.path for n in done.notes if n.kind in {Kind.MOVED, Kind.COMMENTED}}
    kept = _profile(done.text)
    names = len(kept.engine.args) + len({p for p in touched if p.startswith("engine.args.")})
    assert names >= len(_profile(text).engine.args)


@scaled(0.25)
@given(profiles(), st.sampled_from(releases()))
def test_twice_is_once(text: str, version: str) -> None:
    done = _done(text, version)
    assert done is not None

    assert upgrade(done.text, "x", version).text == done.text


@scaled(0.25)
@given(profiles(), st.sampled_from(releases()))
def test_what_is_not_left_is_known_to_the_release(text: str, version: str) -> None:
    done = _done(text, version)
    assert done is not None
    left = {n.path for n in done.notes if n.kind in {Kind.LEFT, Kind.DEPRECATED}}

    assert _profile(done.text).engine.version == version
    for name, value in _profile(done.text).engine.args.items():
        if f"engine.args.{name}" not in left:
            words = (f"--{name}", extra_values(value))
            assert spell(load(version), *words) == (words,)


@scaled(0.25)
@given(profiles(), st.sampled_from(releases()))
def test_lines_that_no_note_speaks_of_stay(text: str, version: str) -> None:
    done = _done(text, version)
    assert done is not None
    doc = Document.read(text, "x")
    spoken = {n.path for n in done.notes}
    changed = {
        line
        for path, place in doc.source.places.items()
        if ".".join(map(str, path)) in spoken
        for line in range((place.key or place.value).line, place.value.end_line + 1)
    }
    changed |= {doc.source.key_span(("engine", part)).line for part in ("args", "env")}
    stayed = [line for n, line in enumerate(doc.source.lines, 1) if n not in changed]

    new = list(Document.read(done.text, "x").source.lines)
    for line in stayed:
        assert line in new
        new = new[new.index(line) + 1 :] if line.strip() else new


@pytest.mark.parametrize("version", ["0.5.9", "0.5.23"])
def test_every_option_of_every_release_is_migrated_or_left_and_said(version: str) -> None:
    assert len(TROUBLED) > 150
    for option in TROUBLED:
        value = "true" if option.nargs == 0 else f"'{(option.choices or ('8',))[0]}'"
        text = (
            "name: x\ntarget: local\nmodel: {repo: a/b, path: /m, served_name: b}\n"
            "hardware: {gpu: H100, count: 8}\nengine:\n  version: 0.5.18\n  args:\n"
            f"    {option.name.removeprefix('--')}: {value} # c\n"
        )
        done = upgrade(text, "x", version)
        told = [n for n in done.notes if n.path.startswith("engine.args")]
        same = f"    {option.name.removeprefix('--')}: {value} # c\n" in done.text

        assert told or same, option.name
        assert "# c" in done.text
