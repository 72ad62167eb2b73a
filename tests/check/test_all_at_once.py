"""What is wrong is told at once: YAML, schema and checks together, as far as each can judge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployer.check.run import load_checked
from deployer.finding import Finding, Severity
from deployer.profile.model import Profile
from deployer.profile.partial import is_unknown, partial
from tests.dumped import dumped
from tests.volume import VOLUME

LIES = Path("tests/data/recipe.yaml")
STEP = {"fast": 3, "ci": 1, "thorough": 1}[VOLUME]
"""Of the parts of a profile each so many-th is broken."""

PROFILES = (LIES, Path("profiles/b200-fp8-eagle.yaml"), Path("profiles/cpu-tiny.yaml"))


def found(text: str) -> list[Finding]:
    return list(load_checked(text, "p.yaml")[1])


def told(text: str) -> set[tuple[str, str]]:
    return {(one.check, one.path) for one in found(text)}


@pytest.mark.parametrize("text", ["", "# to be written\n", "name: x\n"])
def test_from_nothing_one_round_of_errors_says_all_that_a_modal_profile_needs(text: str) -> None:
    said = " ".join(f"{one.message} {one.hint}" for one in found(text))

    for key in ("repo", "served_name", "gpu", "count", "version", "engine.image"):
        assert f"`{key}`" in said
    for key in ("modal", "app", "weights", "kernel_cache", "volume", "path", "api_key_secret"):
        assert f"`{key}" in said
    assert "target: local" in said


def test_a_profile_that_says_what_the_first_round_asked_for_has_no_error() -> None:
    text = """\
name: x
model: {repo: a/b, served_name: b}
hardware: {gpu: B200, count: 8}
engine: {version: 0.5.10.post1, image: "lmsysorg/sglang:v0.5.10.post1-cu130"}
modal:
  app: x
  weights: {volume: weights, path: /models}
  kernel_cache: {volume: kernels, path: /kernels}
  api_key_secret: key
"""
    assert [one for one in found(text) if one.severity is Severity.ERROR] == []


def test_mistakes_of_every_phase_are_told_together() -> None:
    text = """\
name: x
target: local
model: {repo: x, sourc: builtin}
memory: {mem_fraction: 0.9, kv_cache_dtype: fp9, radix_cache: on}
engine: {version: 0.5.20, args: {tp: 8, foo-bar: 1}}
serving: {host: 10.0.0.1, port: 80}
"""
    assert told(text) >= {
        ("yaml-boolean", "memory.radix_cache"),
        ("missing-key", "hardware"),
        ("missing-key", "model.served_name"),
        ("unknown-key", "model.sourc"),
        ("unknown-key", "memory.mem_fraction"),
        ("not-a-choice", "memory.kv_cache_dtype"),
        ("args-repeat-a-field", "engine.args.tp"),
        ("unknown-flag", "engine.args.foo-bar"),
        ("local-cannot-start", "engine.version"),
        ("host-out-of-reach", "serving.host"),
        ("port-privileged", "serving.port"),
    }


def test_what_is_not_known_is_not_taken_for_its_default() -> None:
    """A misspelt target is not Modal, and a misspelt `source` is not the hub."""
    assert not any(check == "target-lacks-parts" for check, _ in told("name: x\ntarget: modl\n"))
    local = "name: x\ntarget: local\nmodel: {repo: tiny, served_name: t, sourc: builtin}\n"
    assert ("target-lacks-parts", "model") not in told(local)


def test_an_allowance_of_what_could_not_be_judged_is_not_called_unused() -> None:
    allowed = "  # deployer: allow[port-privileged] for the test\n"
    text = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
    assert "allow-unused" in {
        check for check, _ in told(text.replace("  port:", f"{allowed}  port:"))
    }
    text = text.replace("  port: 8000\n", f"{allowed}  prt: 8000\n")
    assert ("unknown-key", "serving.prt") in told(text)

    assert not any(check == "allow-unused" for check, _ in told(text))


def leaves(value: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, below in value.items():
        if isinstance(below, dict):
            yield from leaves(below, (*path, key))
        else:
            yield (*path, key)


def broken(value: dict[str, Any], path: tuple[str, ...], wrong: object) -> dict[str, Any]:
    """Replace what is at a path, or take it out."""
    key, *rest = path
    if rest:
        return {**value, key: broken(value[key], tuple(rest), wrong)}
    return {k: v for k, v in value.items() if k != key} | ({} if wrong is ... else {key: wrong})


@pytest.mark.parametrize("file", PROFILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("wrong", [[[None]], {"no": {"such": "thing"}}], ids=["list", "section"])
def test_a_broken_part_adds_its_own_finding_and_makes_nothing_up(file: Path, wrong: object) -> None:
    """What the checks say of the rest, they say of the whole: never more, and never a crash."""
    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    # Where something is written is another matter: a finding points at what would hold it.
    said = {(one.check, one.message) for one in found(dumped(whole))}
    sections = [(name,) for name in whole] if isinstance(wrong, list) else []
    for path in (*leaves(whole), *sections)[::STEP]:
        text = dumped(broken(whole, path, wrong))
        loaded, now = load_checked(text, "p.yaml")
        own = {(one.check, one.message) for one in loaded.findings}
        more = {(one.check, one.message) for one in now} - own - said

        if loaded.profile is None:
            assert own
            assert not more, path


def test_an_unknown_part_is_told_from_a_fault_of_ours() -> None:
    profile = partial(Profile, {"name": "x", "model": {"repo": "a/b"}}, {("hardware",)})
    assert profile is not None
    assert profile.model.repo == "a/b"
    assert profile.model.revision == "main"
    with pytest.raises(AttributeError) as unknown:
        _ = profile.model.served_name
    with pytest.raises(AttributeError) as ours:
        _ = profile.model.no_such_field  # type: ignore[attr-defined]
    assert is_unknown(unknown.value)
    assert not is_unknown(ours.value)
