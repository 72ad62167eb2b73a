"""The text of a lock: the same value back, the same bytes, and nothing taken on trust."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.facts.models.checkpoint import RepoFile
from deployer.lock.lock import (
    LARGEST,
    Lock,
    LockedImage,
    LockedRepository,
    LockError,
    Role,
    from_json,
)
from deployer.lock.moved import moved

HEX = st.characters(codec="ascii", categories=(), include_characters="0123456789abcdef")
COMMITS = st.text(HEX, min_size=40, max_size=40)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}/[a-z][a-z0-9-]{0,8}", fullmatch=True)
ROLES: st.SearchStrategy[Role] = st.sampled_from(("model", "draft", "adapter"))
PATHS = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.[a-z]{1,4}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@st.composite
def files(draw: st.DrawFn) -> tuple[RepoFile, ...]:
    large = draw(st.dictionaries(PATHS, st.integers(0, 10**12), max_size=5))
    digest = draw(st.text(HEX, min_size=64, max_size=64))
    return tuple(
        RepoFile(path, size, *(("sha256", digest) if size % 2 else ("git-sha1", digest[:40])))
        for path, size in sorted(large.items())
    )


REPOSITORIES = st.builds(
    LockedRepository,
    role=ROLES,
    repo=NAMES,
    revision=st.just("main") | COMMITS,
    commit=COMMITS,
    files=files(),
    documents=st.dictionaries(
        st.just("config.json"), st.dictionaries(st.text(max_size=9), VALUES), max_size=1
    ),
    called=st.just("") | NAMES,
)
IMAGES = st.builds(
    LockedImage,
    reference=st.just("lmsysorg/sglang:v0.5.23"),
    digest=st.text(HEX, min_size=64, max_size=64).map("sha256:".__add__),
)
LOCKS = st.builds(
    Lock,
    repositories=st.lists(REPOSITORIES, max_size=3, unique_by=lambda one: (one.role, one.repo)).map(
        tuple
    ),
    image=st.none() | IMAGES,
)


@given(LOCKS)
def test_what_is_written_is_read_and_written_the_same(lock: Lock) -> None:
    text = lock.to_json()
    assert text.isascii()
    assert from_json(text) == lock
    assert from_json(text).to_json() == text


@given(LOCKS)
def test_nothing_moves_without_a_difference(lock: Lock) -> None:
    assert moved(lock, lock) == ()


@given(LOCKS, LOCKS)
def test_a_difference_is_always_said(old: Lock, new: Lock) -> None:
    same = set(map(str, old.repositories)) == set(map(str, new.repositories))
    assert bool(moved(old, new)) == (not same or old.image != new.image)


GOOD = Lock(
    (
        LockedRepository(
            "model",
            "a/b",
            "main",
            "c" * 40,
            (RepoFile("config.json", 3, "git-sha1", "d" * 40),),
            {"config.json": {}},
        ),
    ),
    LockedImage("x/y:z", "sha256:" + "e" * 64),
)


def broken(change: Any) -> str:
    value = json.loads(GOOD.to_json())
    change(value)
    return json.dumps(value)


def in_model(**parts: object) -> Any:
    return lambda value: value["repositories"][0].update(parts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "the file is no object"),
        ("{}", "its format is None"),
        (" " * (LARGEST + 1), "larger than 8,000,000 bytes"),
        ('{"format_version": 1, "format_version": 1}', "stands twice"),
        (broken(lambda v: v.update(format_version=2)), "its format is 2, and this deployer reads"),
        (broken(lambda v: v.update(more=1)), "the file has an unknown key 'more'"),
        (broken(lambda v: v.update(repositories=3)), "repositories is no list"),
        (
            broken(lambda v: v["repositories"].append(v["repositories"][0])),
            "it holds a/b as model twice",
        ),
        (broken(lambda v: v["image"].update(digest="sha256:1")), "no SHA-256"),
        (broken(lambda v: v["image"].update(reference="a\nb")), "the reference of image is"),
        (broken(in_model(commit="main")), "main is no commit"),
        (broken(in_model(role="owner")), "the role 'owner'"),
        (broken(in_model(repo="a\x1b[2J")), "the repo of a repository is"),
        (broken(in_model(bytes=4)), "the bytes of a repository are not those of its files"),
        (broken(in_model(files={"../x": f"3 git-sha1:{'d' * 40}"})), "a file called '../x'"),
        (broken(in_model(files={"/x": f"3 git-sha1:{'d' * 40}"})), "a file called '/x'"),
        (broken(in_model(files={"x": f"3 sha256:{'d' * 40}"})), "a file called 'x' is"),
        (broken(in_model(files={"x": f"-3 git-sha1:{'d' * 40}"})), "a file called 'x' is"),
        (broken(in_model(documents={"config.json": []})), "config.json is no object"),
        (broken(in_model(documents=1)), "documents is no object"),
    ],
)
def test_what_is_no_lock_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(LockError) as found:
        from_json(text)
    assert words in str(found.value)
    assert len(str(found.value)) < 400
