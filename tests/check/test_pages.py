"""Every id that can be found has its page; every check is listed, runs its examples, has a link."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from deployer.check import catalogue, pages
from deployer.check.across import catalogue as across
from deployer.check.across.identity import siblings
from deployer.check.across.rule import Across
from deployer.check.command import check_command
from deployer.check.reading import layers, shapes
from deployer.check.rule import Rule
from deployer.check.run import judge, load_checked
from deployer.cli.locks import as_found
from deployer.cli.reading import read_found
from deployer.facts.gpus import GPUS
from deployer.facts.sglang.catalogue import load, releases
from deployer.facts.sglang.versions import release_key
from deployer.finding import Severity
from deployer.lock.lock import Lock, LockedImage, LockedRepository
from deployer.parse.config import ConfigError
from deployer.parse.launch import launch
from deployer.profile.layers import Layered, Named
from tests.check.examples import base, completed, is_command, merged, whole
from tests.check.test_checks import SANE
from tests.dumped import dumped
from tools.checks.__main__ import FOLDER, differing, texts, write

PACKAGE = Path(catalogue.__file__).parents[1]
RULES = {rule.name: rule for rule in catalogue.RULES}
MODULES = {
    path.stem.replace("_", "-")
    for path in (PACKAGE / "check" / "checks").glob("*.py")
    if path.stem != "__init__"
}
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

MAKERS = {
    "Across", "Fault", "Wording", "Misread", "Finding", "Rule", "_Rule", "_Kind", "_error",
    "_doubt", "add", "faults_of",
}  # fmt: skip
"""Whose first text, or whose ``check`` or ``kind``, is the id of a finding."""


def found_in(text: str) -> set[str]:
    loaded, found = load_checked(text, "p.yaml")
    del loaded
    return {finding.check for finding in found}


def constants() -> Iterator[str]:
    """Every id that stands in the sources: the first argument of what makes findings."""
    for room in ("check", "parse", "profile"):
        for path in (PACKAGE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _of_call(node)
                elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                    yield from _texts(node.value.elts[:1])
                elif isinstance(node, ast.Assign):
                    yield from _texts([node.value])


def _of_call(node: ast.Call) -> Iterator[str]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name in MAKERS:
        yield from _texts(node.args[:1])
        yield from _texts([each.value for each in node.keywords if each.arg in {"check", "kind"}])


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_id_has_a_page() -> None:
    collected = {text for text in constants() if ID.fullmatch(text)}

    assert len(collected) > len(MODULES)
    assert collected - set(pages.known()) == set()
    assert set(pages.known()) - collected == set()


def test_every_check_is_in_the_catalogue_once_and_says_its_source() -> None:
    assert [rule.name for rule in catalogue.RULES] == sorted(RULES)
    assert set(RULES) == MODULES
    for name in RULES:
        page = pages.page(name)
        assert page.link.startswith("https://"), name
        assert page.what.endswith((".", "?")), name


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_check_fires_at_its_mistake_and_not_at_its_remedy(rule: Rule) -> None:
    page = pages.page(rule.name)

    assert rule.name in found_in(whole(page.instead, rule))
    loaded, after = load_checked(whole(page.write, rule), "p.yaml")
    assert loaded.profile is not None, after
    assert [f for f in after if f.check == rule.name and f.severity is not Severity.NOTE] == [
        f for f in after if f.check == rule.name and "stale" in f.message
    ]


ACROSS = {rule.name: rule for rule in across.ACROSS}


def between(example: str) -> set[str]:
    """Give what is found in the last file of an example, held against the files before it."""
    parts = [completed_documents(part) for part in example.split("\n---\n")]
    files = {f"profiles/{n}.yaml": text for n, text in enumerate(parts)}
    own = list(files)[-1]
    others = siblings({file: text for file, text in files.items() if file != own})
    loaded, found = load_checked(files[own], own, siblings=others)
    assert loaded.profile is not None, found
    return {finding.check for finding in found}


def completed_documents(part: str) -> str:
    """Complete one file of an example; one that is no YAML stays as it is."""
    try:
        said = yaml.safe_load(part)
    except yaml.YAMLError:
        return part
    rest = dict(SANE)
    if said.get("target") == "local":
        rest.pop("modal")
    return dumped(merged(rest, said))


@pytest.mark.parametrize("rule", ACROSS.values(), ids=ACROSS)
def test_a_check_between_profiles_fires_at_its_mistake_and_not_at_its_remedy(rule: Across) -> None:
    page = pages.page(rule.name)

    assert rule.name in between(page.instead)
    assert not between(page.write) & set(ACROSS)
    assert all(part.startswith("# profiles/") for part in page.instead.split("\n---\n"))


def test_every_check_between_profiles_is_listed_and_says_its_source() -> None:
    folder = PACKAGE / "check" / "across"
    modules = {path.stem for path in folder.glob("*.py")}
    modules -= {"__init__", "catalogue", "identity", "rule"}

    assert {name.replace("-", "_") for name in ACROSS} == modules
    assert list(ACROSS) == sorted(ACROSS)
    for name, rule in ACROSS.items():
        assert rule.link.startswith("https://"), name
        assert pages.page(name).what.endswith("."), name


def elsewhere(rule: Rule) -> Iterator[dict[str, object]]:
    """Profiles with the mistake that are outside of the check's range, each in one way."""
    mistake = merged(base(rule), yaml.safe_load(pages.page(rule.name).instead))
    for version in releases():
        if not rule.engines.holds(version):
            yield merged(mistake, {"engine": {"version": version}})
    if rule.gpus:
        for name, gpu in GPUS.items():
            if not {name, name.rstrip("!"), gpu.architecture} & set(rule.gpus):
                yield merged(mistake, {"hardware": {"gpu": name}})
    if rule.models:
        yield merged(mistake, {"model": {"repo": "nobody/of-that-name"}})


RANGED = {
    name: rule
    for name, rule in RULES.items()
    if rule.engines.since or rule.engines.before or rule.gpus or rule.models
}


@pytest.mark.parametrize("rule", RANGED.values(), ids=RANGED)
def test_a_check_is_silent_outside_of_its_range(rule: Rule) -> None:
    profiles = list(elsewhere(rule))
    assert profiles
    for profile in profiles:
        _, found = load_checked(dumped(profile), "p.yaml", frozenset({rule.name}))
        assert [f for f in found if f.check == rule.name and "stale" not in f.message] == []


def test_a_range_has_releases_in_it_and_names_its_ends() -> None:
    assert len(RANGED) > 20
    for rule in RANGED.values():
        since, before = rule.engines.since, rule.engines.before
        assert not since or since in releases(), rule.name
        assert not before or before in releases(), rule.name
        assert not since or not before or release_key(since) < release_key(before), rule.name


NETS = {"invalid-value", "refused-list"}
"""Ids for what nothing comes to today: a validator of a model, a refusal without its own fault."""

TOLD = [told.name for told in pages.TOLD if told.name not in NETS]


@pytest.mark.parametrize("name", TOLD)
def test_what_has_no_check_is_found_in_its_example_and_not_in_its_remedy(
    name: str, tmp_path: Path
) -> None:
    told = {each.name: each for each in pages.TOLD}[name]
    page = pages.told_page(told)
    if name == "too-many-words":
        assert found_by_command(f"--model-path m {'--x ' * 4_000}") == {name}
        return
    if name == "sibling-not-read":
        assert name in between(reversed_files(page.instead))
        assert name not in between(reversed_files(page.write))
        return
    of_files = dict.fromkeys(("broken-lock", "stale-lock"), beside_lock)
    of_files |= dict.fromkeys((each.name for each in layers.TOLD), in_staging)
    of_files |= dict.fromkeys((each.name for each in shapes.TOLD), of_shapes)
    if ask := of_files.get(name):
        assert name in ask(page.instead)
        assert name not in ask(page.write)
        return
    if name == "file-too-large":
        assert name in found_in("#" * (256 * 1024 + 1))
        return
    if name == "unreadable-file":
        link = tmp_path / "env.yaml"
        link.symlink_to("/proc/self/environ")
        assert [found.check for found in read_found(str(link)).findings] == [name]
        return
    if is_command(page):
        assert name in found_by_command(page.instead)
        assert name not in found_by_command(page.write)
        return
    assert name in found_in(completed(page.instead))
    assert name not in found_in(completed(page.write))


def in_staging(example: str) -> set[str]:
    """Give what is found in the last file of an example, over the one before it, in `staging`."""
    *lower, own = example.split("\n---\n")
    said = yaml.safe_load(own)
    staging = {"environments": {"staging": {"modal": {"max_containers": 1}}}}
    text = dumped(merged(SANE, said if "environments" in said else merged(said, staging)))
    named = Layered(text, lower[0] if lower else "", "base.yaml", "" if lower else "it is no file")
    return {one.check for one in judge(replace(named, environment="staging"), "p.yaml").findings}


def of_shapes(example: str) -> set[str]:
    """Give what is found in the last file of an example, with those before it as its fallbacks."""
    others, own = example.split("\n---\n")[:-1], example.rsplit("\n---\n", maxsplit=1)[-1]
    named = tuple(
        Named(name, name, dumped(merged(SANE, yaml.safe_load(text))))
        for text in others
        for name in [text.split("/")[1].split("\n")[0]]
    )
    text = Layered(dumped(merged(SANE, yaml.safe_load(own))), named=named)
    return {one.check for one in judge(text, "glm.yaml").findings}


def beside_lock(example: str) -> set[str]:
    """Give what is found in a profile with the lock of an example, of which it shows the point."""
    *profile, text = re.split("# profiles/.*\n", example)[1:]
    said = yaml.safe_load("".join(profile)) or {}
    lock = text
    if "role" in text:
        repo = json.loads(text)["repositories"][0]["repo"]
        image = LockedImage(SANE["engine"]["image"], "sha256:" + "0" * 64)
        model = LockedRepository("model", repo, "main", "0" * 40, ())
        lock = Lock((model,), image).to_json()
    rest = merged(SANE, {"model": {"revision": "main"}})
    beside = as_found("compiled/own.lock.json", lock)
    found = judge(dumped(merged(rest, said)), "p.yaml", beside=beside)
    return {finding.check for finding in found.findings}


def reversed_files(example: str) -> str:
    return "\n---\n".join(reversed(example.split("\n---\n")))


def found_by_command(words: str) -> set[str]:
    def read(path: str) -> str:
        raise ConfigError(path)

    started = launch(tuple(words.split()))
    assert started is not None
    return {finding.check for finding in check_command(load("0.5.23"), started, read)}


def test_the_pages_are_fresh() -> None:
    assert differing(FOLDER, texts()) == [], "`make generated` writes them"


def test_pages_are_written_and_those_of_no_check_removed(tmp_path: Path) -> None:
    folder = tmp_path / "checks"
    write(folder, {"index.md": "a", "one.md": "b"})
    (folder / "one.md").write_text("c")
    write(folder, {"index.md": "a", "two.md": "d"})

    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "index.md": "a",
        "two.md": "d",
    }
