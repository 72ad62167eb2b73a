"""No part of a release is lost without a word: another value gives another file or another list."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from deployer.cli.reading import read_release
from deployer.codec import decode, encode
from deployer.eject.eject import eject
from deployer.eject.left import FORMS, KUBERNETES, MODAL, SKYPILOT, left
from deployer.errors import Failure
from deployer.release import Release

from .releases import SHIPPED, SPANNING, full

UNSAID = {
    "name": "it is the profile's, and each file has it",
    "target": "what is not for Modal is refused",
    "format_version": "it is the form of JSON",
    "lifecycle.restarts": "it is about a server on this machine",
    "lifecycle.budget": "it calls a slow start slow, and changes none",
    "modal.download_connections": "it is how deployer's own download divides its work",
    "modal.download_client": "as above",
    "modal.download_containers": "as above",
    "model.served_name": "the words say it",
    "model.revision": "the commit says it",
    "engine.name": "there is one engine",
    "engine.command": "the Modal script writes it out",
    "engine.image_steps.text": "its hash, which is compared, says it",
    "engine.image_steps.kind": "there are five, and no other",
    "listen.host": "in a container it is 0.0.0.0",
    "modal.auth": "there are three, and no other",
    "modal.endpoint": "there are two, and both are tried",
    "lifecycle.warmup": "it bounds requests that only the Modal script sends",
    "warmup": "as above; `test_the_script_sends_the_requests` looks at them",
    "hardware.gpu": "docker and compose take what GPUs there are; the first line says it",
}
"""Parts that may change without a word, each with its reason."""


def parts(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the places of all scalars of an encoded release."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from parts(one, (*above, name))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from parts(one, (*above, place))
    elif value is not None:
        yield above


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x"


def mutants(release: Release) -> Iterator[tuple[str, Release]]:
    whole = encode(release)
    for place in parts(whole):
        name = ".".join(str(one) for one in place if isinstance(one, str))
        if name in UNSAID or place[0] in UNSAID or place[-1] == "source":
            continue
        copy = encode(release)
        above = copy
        for one in place[:-1]:
            above = above[one]
        before = above[place[-1]]
        if not before and "image_steps" in place:
            continue  # what is not stated of a step has nothing to do with its kind
        above[place[-1]] = "7" if name == "modal.options.value" else changed(before)
        yield name, decode(Release, copy)


@pytest.mark.parametrize(
    ("form", "endpoint"), [*((form, "web_server") for form in FORMS), (MODAL, "server")]
)
def test_whatever_changes_is_seen(form: str, endpoint: str) -> None:
    release = full(endpoint)
    plain = eject(release, form)
    digest = release.digest()[:12]
    silent, seen = [], 0
    for name, mutant in mutants(release):
        got = eject(mutant, form)
        seen += 1
        text = got.text.replace(mutant.digest()[:12], digest)
        if (text, got.left) == (plain.text, plain.left):
            silent.append(name)

    of_web_server = {"modal.label", "modal.timeout"} if endpoint == "server" else set()
    # On one disk there are no mounts: the folders stand in the words and in a variable.
    mounts = {"modal.kernel_cache.path", "modal.weights.path"} if form == SKYPILOT else set()
    assert set(silent) <= of_web_server | mounts
    assert seen > 100


def test_the_script_sends_the_requests() -> None:
    release = full()
    tree = ast.parse(eject(release, MODAL).text)
    made = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in {"REQUESTS", "FILLER"}
    }

    assert len(made["REQUESTS"]) == len(release.warmup) >= 4
    for one, (together, repeat, expected, body) in zip(
        release.warmup, made["REQUESTS"], strict=True
    ):
        assert (together, expected) == (one.together, one.expect)
        text = json.dumps(body).replace("{filler}", made["FILLER"] * repeat)
        assert json.loads(text) == json.loads(one.payload())


@pytest.mark.parametrize("form", FORMS)
def test_the_list_stands_in_the_file(form: str) -> None:
    found = eject(full(), form)
    lines = [line[1:] for line in found.text.splitlines() if line.startswith("#")]
    comments = " ".join(" ".join(lines).split())

    assert len(found.left) >= 6
    for one in found.left:
        assert " ".join(f"- {one.what}: {one.so}".split()) in comments
    assert {"the door", "keys", "drain", "weights", "proof"} <= {one.what for one in found.left}


@pytest.mark.parametrize("form", FORMS)
def test_without_a_key_none_is_asked_for(form: str) -> None:
    release = SHIPPED[0]
    assert release.modal is not None
    modal = replace(release.modal, auth="proxy", api_key_secret="")
    text = eject(
        replace(release, listen=replace(release.listen, api_key_variable=""), modal=modal), form
    ).text

    assert "API_KEY" not in text
    assert "--config" not in text
    assert "api-key" not in text


@pytest.mark.parametrize("form", sorted(set(FORMS) - {KUBERNETES, SKYPILOT}))
def test_several_machines_are_refused_where_there_is_one(form: str) -> None:
    with pytest.raises(Failure, match="spans 2 machines") as caught:
        eject(SPANNING, form)

    assert "--to kubernetes" in caught.value.hint


def test_what_is_deployers_own_is_refused() -> None:
    with pytest.raises(Failure, match="where the engine is deployer's own"):
        eject(replace(SHIPPED[0], target="local", modal=None), MODAL)


def test_other_shapes_are_left_in_a_sentence() -> None:
    release = read_release("profiles/b200-or-h200.yaml")
    assert len(FORMS) == 5
    for form in FORMS:
        found = {one.what: one.so for one in left(release, form)}
        assert "does not fall back to 8 x H200" in found["other shapes"]
        assert "`shapes`" not in found
        assert "other shapes" not in {one.what for one in left(release.each_shape()[0], form)}
