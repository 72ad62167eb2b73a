"""``docs/reference/cli.md``: every verb with its options, from the command line itself."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator

import click

from deployer.cli.main import VERBS, cli

HEAD = """# Verbs and options

From the command line itself; `deployer VERB --help` says the same.

Exit codes, for every verb: 0 fine; 1 not right, or failed; 2 wrong usage, nothing to look at, or a
deployment that is not there. `--detailed-exitcode` has 2 for changes. A closed pipe exits 141,
Ctrl-C 130. Results go to stdout, everything else to stderr; nothing prompts without a terminal.
With `--format json` stdout is one object, whose first key is `format_version`, and so is an error.

## One word for one thing

Options that more than one verb has:

"""


def page() -> str:
    """Give the page."""
    context = click.Context(cli, info_name="deployer", max_content_width=100)
    verbs = [(name, verb) for name in VERBS for verb in [cli.get_command(context, name)] if verb]
    every = [pair for name, verb in verbs for pair in _flat(name, verb)]
    return "\n".join([HEAD + _shared(every), *(_verb(name, verb) for name, verb in every)])


def _flat(name: str, verb: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Give a verb, and those below it."""
    yield name, verb
    if isinstance(verb, click.Group):
        for below in sorted(verb.commands):
            yield from _flat(f"{name} {below}", verb.commands[below])


def _shared(verbs: list[tuple[str, click.Command]]) -> str:
    """Give the table of the options that several verbs have, each with its verbs."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, verb in verbs:
        for option in _options(verb):
            found[_spelt(option)].append(name)
    rows = [
        f"| {spelt} | {', '.join(f'`{name}`' for name in names)} |"
        for spelt, names in sorted(found.items())
        if len(names) > 1
    ]
    return "\n".join(["| option | verbs |", "|---|---|", *rows, ""])


def _verb(name: str, verb: click.Command) -> str:
    context = click.Context(verb, info_name=f"deployer {name}")
    usage = " ".join([f"deployer {name}", *verb.collect_usage_pieces(context)])
    help_ = inspect.cleandoc(verb.help or "").replace("\b\n", "")
    rows = [f"| {_spelt(one)} | {_cell(one.help or '')} |" for one in _options(verb)]
    table = ["| option | what it does |", "|---|---|", *rows, ""] if rows else []
    return "\n".join([f"## {name}", "", f"```text\n{usage}\n```", "", _indented(help_), "", *table])


def _indented(text: str) -> str:
    """Give a help text as Markdown: what is laid out in columns there is shown as it is."""
    return "\n\n".join(_block(block) for block in text.split("\n\n"))


def _block(text: str) -> str:
    plain = not any(line.startswith(" ") or "  " in line for line in text.splitlines())
    return text if plain else f"```text\n{text}\n```"


def _options(verb: click.Command) -> list[click.Option]:
    return [one for one in verb.params if isinstance(one, click.Option) and not one.hidden]


def _spelt(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    if option.is_flag or option.count:
        return names
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    word = "\\|".join(map(str, choices)) or option.metavar or (option.name or "").upper()
    return f"{names} `{word}`" if not choices else f"{names} {word}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
