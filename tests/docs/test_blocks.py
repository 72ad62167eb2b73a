"""Every command and every YAML block of README and docs is one that works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
import yaml

from deployer.check.pages import READ
from deployer.cli.main import cli, main
from deployer.profile.model import Profile
from tests.docs.blocks import Block, blocks, commands
from tests.shipped import shipped

OFFLINE = {"check", "compile", "fit", "cost", "diff", "explain", "schema", "plan", "import"}
"""Verbs that ask nobody; `plan` with `--offline` alone."""

OTHERS = {"jobs", "repos", "on", "groups", "image", "profiles", "scrape_configs"}
"""Keys by which YAML for GitHub, GitLab, pre-commit, Prometheus or `deployer.yaml` is known."""

SECTIONS = frozenset(Profile.model_fields)
COMMANDS = commands()
YAML = blocks("yaml")


def named(words: list[str], place: str) -> str:
    return f"{place.replace('/', '-')} {' '.join(words)}"


def test_there_are_blocks_to_try() -> None:
    assert len(COMMANDS) > 40
    assert len(YAML) > 5


@pytest.mark.parametrize(
    ("words", "place"),
    COMMANDS,
    ids=[named(*one) for one in COMMANDS],
)
def test_a_command_is_one_that_the_command_line_takes(words: list[str], place: str) -> None:
    del place
    context = click.Context(cli, info_name="deployer")
    verb, rest = cli.get_command(context, words[0]), words[1:]
    assert verb is not None, words[0]
    while isinstance(verb, click.Group) and rest:
        below = verb.get_command(context, rest[0])
        assert below is not None, rest[0]
        verb, rest = below, rest[1:]

    with verb.make_context(words[0], list(rest)) as made:
        assert made.command is verb


RUN = [
    (words, place)
    for words, place in COMMANDS
    if words[0] in OFFLINE
    and (words[0] != "plan" or "--offline" in words)
    and not {"--write", "--fix", "--base", "-o", ">"} & set(words)
    and all(Path(word).exists() for word in words if re.search(r"\.(yaml|sh|py|log|json)$", word))
    and not any("own" in word for word in words)
]


@pytest.mark.parametrize(("words", "place"), RUN, ids=[named(*one) for one in RUN])
def test_what_asks_nobody_runs(
    words: list[str], place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words)

    shown = capsys.readouterr()
    said = rf"^\$ deployer {re.escape(' '.join(words))}\n.*error\["
    refused = re.search(said, text_at(place), re.MULTILINE)
    right = {1} if refused else {0, 1} if words[0] == "import" else {0}
    assert code in right, shown.err
    assert shown.out


def text_at(place: str) -> str:
    """Give the whole page of a place."""
    return Path(place.partition(":")[0]).read_text(encoding="utf-8")


@pytest.mark.parametrize("block", YAML, ids=[named([], block.place) for block in YAML])
def test_yaml_is_a_profile_or_a_part_of_one(
    block: Block, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = yaml.safe_load(block.text)
    if value is None or not set(value) <= SECTIONS:
        assert value is None or set(value) & OTHERS, set(value)
        return
    whole = yaml.safe_load(shipped("b200-no-spec"))
    if not {"name", "model"} <= set(value):
        for section, part in value.items():
            kept = whole.get(section)
            whole[section] = {**kept, **part} if isinstance(kept, dict) else part
        value = whole
    path = tmp_path / "profile.yaml"
    path.write_text(yaml.safe_dump(value), encoding="utf-8")

    main(["check", "--format", "json", str(path)])

    found = {one["check"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert not found & {told.name for told in READ}
