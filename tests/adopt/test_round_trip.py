"""The law: a profile made from a command compiles to a command that means the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from deployer.adopt.adopt import Adopted, from_config, from_script, from_words
from deployer.adopt.find import in_script
from deployer.adopt.note import Kind
from deployer.adopt.profile import HUB
from deployer.adopt.wishes import Wishes
from deployer.compile.release import compile_profile
from deployer.facts.sglang.catalogue import Catalogue, load
from deployer.facts.sglang.replacements import spell
from deployer.parse.config import config_words
from deployer.parse.oracle import ask
from deployer.parse.read import parse
from deployer.profile.load import load_profile
from deployer.release import Argument
from tests.parse.lists import lists
from tests.volume import scaled

from .corpus import COMMANDS, CONFIGS

LOCAL = Wishes(target="local", gpu="H100")


ANSWERS = {"model.repo": "a/b", "model.path": "/models/b"}
"""What only an author knows: where the weights in a folder came from, or which folder it is."""


def answered(adopt: Callable[[Wishes], Adopted], wishes: Wishes) -> Adopted:
    """Adopt, and answer what only an author knows."""
    asked = {note.path for note in adopt(wishes).notes if note.kind is Kind.TODO}
    answers = tuple((path, value) for path, value in ANSWERS.items() if path in asked)
    return adopt(replace(wishes, answers=answers))


OUR_OWN = {"api_key", "config", "host"}
"""What a profile says in its own way: the key's variable, no config file, a host in a container."""


def meaning(catalogue: Catalogue, words: Sequence[str]) -> dict[str, Any]:
    """Give the effective value of every option, with one spelling for what has several."""
    given_options = {one.option.dest: one for one in parse(catalogue, words).given}
    beside = {one.string: one.words for one in given_options.values()}
    respelt: list[str] = []
    for one in given_options.values():
        said = spell(catalogue, one.string, one.words, beside)
        for flag, values in [(one.string, one.words)] if said is None else said:
            respelt += Argument(flag, values, "").words()
    answer = ask(catalogue, respelt)
    assert answer.accepted, answer.message
    found = {name: value for name, value in answer.values.items() if name not in OUR_OWN}
    found["served_model_name"] = found["served_model_name"] or found["model_path"]
    return found


def compiled(adopted: Adopted) -> list[str]:
    loaded = load_profile(adopted.profile, "imported.yaml")
    assert loaded.findings == (), (loaded.findings, adopted.profile)
    assert loaded.profile is not None
    release = compile_profile(loaded.profile)
    return [*release.argv()[3:], "--port", str(release.listen.port)]  # the door's, not the engine's


def same_meaning(adopted: Adopted, words: Sequence[str]) -> None:
    catalogue = load(adopted.release)
    wanted, got = meaning(catalogue, words), meaning(catalogue, compiled(adopted))
    if not str(wanted["model_path"]).startswith("/"):
        # Deployer serves a folder of its own: the repository stands in `model.repo`.
        repo = (
            wanted["model_path"] if HUB.fullmatch(wanted["model_path"]) else ANSWERS["model.repo"]
        )
        assert f"repo: {repo}\n" in adopted.profile.replace('"', "")
        wanted["model_path"] = got["model_path"]
        if wanted["revision"]:
            assert f"revision: {wanted.pop('revision')}" in adopted.profile.replace('"', "")
            del got["revision"]
    assert repr(sorted(got.items())) == repr(sorted(wanted.items()))


def test_the_corpus_is_large_enough() -> None:
    assert len(COMMANDS) + len(CONFIGS) >= 60


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("target", ["local", "modal"])
def test_a_command_survives(name: str, target: str) -> None:
    text = COMMANDS[name]
    wishes = Wishes(target=target, gpu="H100")
    adopted = answered(lambda wishes: from_script(text, wishes, lambda _: ""), wishes)
    found = in_script(text)[0][0]

    if "multinode" in name:
        asked = {note.path for note in adopted.notes if note.kind is Kind.TODO}
        assert asked == {"hardware.count", "parallel.tp"}, "a replica is one container"
        return
    assert adopted.complete, adopted.notes
    same_meaning(adopted, found.words)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_file_survives(name: str) -> None:
    adopted = answered(lambda wishes: from_config(CONFIGS[name], wishes), LOCAL)

    assert adopted.complete, adopted.notes
    same_meaning(adopted, config_words(load(adopted.release), CONFIGS[name]))


@pytest.mark.parametrize("version", ["0.5.9", "0.5.10.post1", "0.5.14", "0.5.18", "0.5.23"])
def test_whatever_is_placed_means_the_same(version: str) -> None:
    catalogue = load(version)

    @given(lists(catalogue))
    @scaled(0.6, suppress_health_check=list(HealthCheck))
    def survives(words: list[str]) -> None:
        assume("--config" not in words and parse(catalogue, words).accepted)
        wishes = replace(LOCAL, release=version)
        adopted = answered(lambda wishes: from_words(words, wishes, lambda _: ""), wishes)
        if adopted.complete:
            same_meaning(adopted, words)
        else:
            assert all(n.text for n in adopted.notes if n.kind in {Kind.LEFT_OUT, Kind.TODO})

    survives()


@given(st.text(max_size=200))
@scaled(3)
def test_any_text_can_be_read_as_a_script(text: str) -> None:
    launches, script = in_script(text)

    assert isinstance(launches, list)
    assert all(command.words for command in script.commands)
