"""Every command and every YAML block of README and docs is one that works."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from deployer.check.pages import READ
from deployer.cli.main import cli, main
from deployer.profile.model import Profile
from tests.adopt.test_modal_script import RECIPE
from tests.diagnose.excerpts import EXCERPTS
from tests.docs.blocks import FENCE, Block, blocks, commands, pages
from tests.repository import commit, git
from tests.shipped import shipped

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


ASKS = {
    "a deployment or Modal, as the tests of apply and tests/verbs do": (
        "apply status logs verify destroy history rollback drift secrets top timeline bench plan"
    ),
    "the hub or a registry, as the tests of init and lock do": "lock init",
    "the engine itself, as the tests of engine do": "resolve engine",
    "an account of Modal's": "modal",
    "an index of packages, or an hour: CI runs it": "make pip",
}
"""What the first word of a command asks, where that is not to be had here."""

ALONE = {("plan", "--offline"), ("init", "--example"), ("lock", "--check")}
"""A verb of these with an option by which it asks nobody."""

CONSOLE = [block for block in blocks("console") if re.search(r"^\$ ", block.text, re.MULTILINE)]


def asked(words: list[str]) -> str:
    """Say whom a command asks who is not here; nothing where it asks nobody."""
    if any(words[0] == verb and option in words for verb, option in ALONE) and (
        "--online" not in words
    ):
        return ""
    return next((why for why, verbs in ASKS.items() if words[0] in verbs.split()), "")


def plain(line: str) -> list[str]:
    """Give the words of a command that is shown with a prompt; of deployer's those after it."""
    words = shlex.split(line.removeprefix("$ "), comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words[1:] if words[0] in {"deployer", ".venv/bin/deployer"} else words


INLINE = re.compile(r"`(?:\S+=\S+ )*deployer ([a-z][^`]*)`")


def said_within() -> list[tuple[str, str]]:
    """Give the commands that stand within sentences, with their pages."""
    found = []
    for page in pages():
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        found += [(" ".join(match[1].split()), str(page)) for match in INLINE.finditer(text)]
    return list(dict.fromkeys(found))


WITHIN = said_within()


@pytest.mark.parametrize(("text", "page"), WITHIN, ids=[f"{page} {text}" for text, page in WITHIN])
def test_a_command_within_a_sentence_has_its_verb_and_its_options(text: str, page: str) -> None:
    del page
    own = shlex.split(text.partition(" -- ")[0])
    context = click.Context(cli, info_name="deployer")
    verb = cli.get_command(context, own[0])
    while isinstance(verb, click.Group) and len(own) > 1 and verb.get_command(context, own[1]):
        own = own[1:]
        verb = verb.get_command(context, own[0])
    assert verb is not None, own[0]
    known = {option for one in verb.params for option in (*one.opts, *one.secondary_opts)}
    known |= set(context.help_option_names) | {"--help", "-h"}

    assert [
        word for word in own if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known
    ] == []


FILES = {
    "deploy.py": RECIPE,
    "broken.yaml": "\n" * 10 + "memory:\n  mem_fraction: 0.88\n",
    "crash.log": EXCERPTS["no-room-for-the-pool"],
    "old.yaml": shipped("cpu-tiny"),
    "new.yaml": shipped("cpu-tiny").replace("port: ", "port: 1"),
    "profiles/x.yaml": shipped("cpu-tiny").replace("cpu-tiny", "x").replace("port: ", "port: 1"),
}
"""What pages name and no repository has: written for the commands that name it."""


def repository(folder: Path, line: str, block: Block) -> None:
    """Write a repository as a command means it: profiles with their flags, a branch, an edit."""
    for name in ("profiles", "schemas"):
        shutil.copytree(name, folder / name)
    made = re.search(r"-o (\S+)", line)
    given = {
        name: text
        for name, text in FILES.items()
        if f" {name}" in line and not (made and made[1] == name)
    }
    if "config.json" in line:
        given["config.json"] = json.dumps(LLAMA)
    if own := before(block):
        given["profiles/own.yaml"] = own
        if "extends: base.yaml" in own:
            given["profiles/base.yaml"] = NAMED.sub("", shipped("b200-no-spec"))
    for name, text in given.items():
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder)
    git(folder, "switch", "--quiet", "--create", "topic")
    edited = folder / "profiles" / "cpu-tiny.yaml"
    text = edited.read_text(encoding="utf-8")
    edited.write_text(text.replace("port: ", "port: 2"), encoding="utf-8")
    commit(folder)


NAMED = re.compile("^name: .*\n", re.MULTILINE)


def lines_of(block: Block) -> list[str]:
    """Give the lines of a block that are commands."""
    return [line for line in block.text.splitlines() if line.startswith("$ ")]


LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096,
    "intermediate_size": 14336, "max_position_embeddings": 131072, "num_attention_heads": 32,
    "num_hidden_layers": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "torch_dtype": "bfloat16",
}  # fmt: skip
"""A model's own description, for the page on bringing one."""

RUN = [
    (line, block)
    for block in CONSOLE
    for line in lines_of(block)
    if "deployer " in line and not asked(plain(line))
]


@pytest.mark.parametrize(
    ("line", "block"), RUN, ids=[named(plain(line), block.place) for line, block in RUN]
)
def test_what_asks_nobody_runs(
    line: str,
    block: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository(tmp_path, line, block)
    monkeypatch.chdir(tmp_path)
    for made in lines_of(block):
        if made.startswith("$ sed "):
            subprocess.run(["bash", "-ec", made.removeprefix("$ ")], check=True)

    words = plain(line)
    code = main(words)

    shown = capsys.readouterr()
    refused = re.search(rf"{re.escape(line)}\n(?!\$).*error\[", block.text)
    found = refused or words[0] == "diagnose" or words[:2] == ["lock", "--check"]  # it has no lock
    right = {1} if found else {0}
    assert code in right | ({1} if words[0] == "import" else set()), f"{shown.out}{shown.err}"
    assert shown.out or {"-o", "--write"} & set(words)


def test_of_what_does_not_run_it_is_said_why() -> None:
    lines = [line for block in CONSOLE for line in lines_of(block)]
    others = [plain(line) for line in lines if "deployer " not in line]

    assert len(RUN) > len(COMMANDS) / 2 - 5
    assert {words[0] for words in others if not asked(words)} == {"git", "sed"}


def before(block: Block) -> str:
    """Give `profiles/own.yaml` as the page has it before a block: whole, or over a shipped one."""
    if "profiles/own.yaml" not in block.text:
        return ""
    page, line = block.place.split(":")
    found = [one for one in YAML if one.place.startswith(f"{page}:")]
    last = [one for one in found if int(one.place.split(":")[1]) < int(line)][-1].text
    return (
        last if "name:" in last else shipped("b200-no-spec").replace("b200-no-spec", "own") + last
    )


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
