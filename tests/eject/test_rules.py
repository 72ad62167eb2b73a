"""Ejected files are right by the rules of the tools that they are for."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from deployer.eject.eject import eject
from deployer.eject.left import COMPOSE, FORMS, KUBERNETES, MODAL, SKYPILOT
from deployer.release import Release

from .releases import SHIPPED, SPANNING, full

DATA = Path(__file__).parents[1] / "data/formats"
RELEASES = {one.name: one for one in (*SHIPPED, SPANNING, full())}


@cache
def schema(name: str) -> dict[str, Any]:
    return dict(json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")))


@cache
def judge(name: str, part: str = "") -> Any:
    kubernetes = Resource.from_contents(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema("kubernetes")}
    )
    registry: Registry[Any] = Registry().with_resource("kubernetes.json", kubernetes)
    rules = {"$ref": f"kubernetes.json#/definitions/{part}"} if part else schema(name)
    kind = jsonschema.Draft7Validator if name == COMPOSE else jsonschema.Draft202012Validator
    return kind(rules, registry=registry)


def rule(document: dict[str, Any]) -> Any:
    if document["kind"] == "LeaderWorkerSet":
        return judge("leaderworkerset")
    group = "apps" if document["apiVersion"] == "apps/v1" else "core"
    return judge(KUBERNETES, f"io.k8s.api.{group}.v1.{document['kind']}")


def spans(release: Release) -> bool:
    return release.name == SPANNING.name


@pytest.mark.parametrize("name", RELEASES)
def test_kubernetes_takes_the_manifest(name: str) -> None:
    documents = list(yaml.safe_load_all(eject(RELEASES[name], KUBERNETES).text))

    main = "LeaderWorkerSet" if spans(RELEASES[name]) else "Deployment"
    assert [one["kind"] for one in documents] == [main, "Service"]
    for one in documents:
        rule(one).validate(one)
    pods = json.dumps(documents[0])
    assert documents[1]["spec"]["selector"].items() <= {"app": name, "role": "leader"}.items()
    assert (pods.count('"name": "sglang"'), pods.count("startupProbe")) == (
        (2, 1) if spans(RELEASES[name]) else (1, 1)
    )


@pytest.mark.parametrize("name", [name for name, one in RELEASES.items() if not spans(one)])
def test_compose_takes_the_file(name: str) -> None:
    document = yaml.safe_load(eject(RELEASES[name], COMPOSE).text)

    judge(COMPOSE).validate(document)
    assert {"server", "download1"} <= set(document["services"])


@pytest.mark.parametrize("name", RELEASES)
def test_skypilot_takes_the_task(name: str) -> None:
    document = yaml.safe_load(eject(RELEASES[name], SKYPILOT).text)

    judge(SKYPILOT).validate(document)
    assert document["num_nodes"] == (2 if spans(RELEASES[name]) else 1)


@pytest.mark.parametrize("name", [name for name, one in RELEASES.items() if not spans(one)])
def test_the_modal_script_names_nothing_that_it_does_not_have(name: str) -> None:
    tree = ast.parse(eject(RELEASES[name], MODAL).text)

    imported = {
        one.name.partition(".")[0]
        for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
        for one in node.names
    }  # fmt: skip
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    read = {node.id for node in names} - stored
    given = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    made = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    builtin = {"range", "dict", "str", "print", "any", "RuntimeError", "TimeoutError", "OSError",
               "BaseException", "ProcessLookupError"}  # fmt: skip
    assert read - imported - given - made - builtin == set()
    assert imported - {"concurrent", "urllib"} <= read


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (KUBERNETES, lambda one: one["spec"]["template"]["spec"].update(containerz=[])),
        (COMPOSE, lambda one: one["services"]["server"].update(comand="x")),
        (SKYPILOT, lambda one: one.update(num_node=2)),
    ],
)  # fmt: skip
def test_the_rules_refuse_what_is_wrong(name: str, wrong: Any) -> None:
    document = next(iter(yaml.safe_load_all(eject(SHIPPED[0], name).text)))
    wrong(document)

    with pytest.raises(jsonschema.ValidationError):
        (rule(document) if name == KUBERNETES else judge(name)).validate(document)


def test_the_rules_of_several_machines_refuse_what_is_wrong() -> None:
    document = next(iter(yaml.safe_load_all(eject(SPANNING, KUBERNETES).text)))
    document["spec"]["leaderWorkerTemplate"]["leaderTemplate"]["spec"]["containerz"] = []

    with pytest.raises(jsonschema.ValidationError):
        rule(document).validate(document)


def test_every_form_was_judged() -> None:
    assert set(FORMS) - {KUBERNETES, COMPOSE, SKYPILOT, MODAL} == {"docker"}  # by bash: test_words
