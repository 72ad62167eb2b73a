"""What is known of a finding, for a reader: the docstring of its check, taken apart.

A docstring has its parts in this order: what is found, on the first line; why it hurts; a YAML
example, of whose lines the mistake has those at ``-``, the remedy those at ``+``, and both all
others; the source. `deployer explain`, the pages of ``docs/checks/`` and SARIF's help are made of
them.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import textwrap
from dataclasses import dataclass

from deployer.check.across.catalogue import ACROSS
from deployer.check.across.rule import Across
from deployer.check.catalogue import RULES
from deployer.check.reading import (
    across,
    allow,
    command,
    layers,
    lock,
    schema,
    shapes,
    text,
    yaml,
)
from deployer.check.reading.told import Told
from deployer.check.rule import Rule
from deployer.finding import Severity
from deployer.late import compile_pattern

READ: tuple[Told, ...] = (*text.TOLD, *yaml.TOLD, *schema.TOLD)
"""What keeps a profile from being read."""

TOLD: tuple[Told, ...] = (
    *READ, *command.TOLD, *allow.TOLD, *across.TOLD, *lock.TOLD, *layers.TOLD, *shapes.TOLD
)  # fmt: skip
"""What has no check of its own: reading finds it, in a profile, a command, or a comment."""

_PARTS = compile_pattern(
    r"(?P<what>.+?)\n\n"
    r"(?P<more>.*?)Why it hurts: (?P<why>.+?)\n\n"
    r"Instead of ``-`` write ``\+``::\n\n(?P<example>(?:(?: [^\n]*)?\n)+)"
    r"(?P<between>.*?)Source: (?P<source>.+)",
    re.DOTALL,
)
_URL = compile_pattern(r"https://[^\s)>,;`]+[^\s)>,;`.:]")


@dataclass(frozen=True, slots=True)
class Page:
    """All that is said of one id.

    ``holds`` is where the check holds, in words, empty for everywhere. ``instead`` and ``write``
    are the two examples; ``link`` is the evidence.
    """

    name: str
    severity: Severity
    what: str
    why: str
    more: str
    instead: str
    write: str
    source: str
    link: str
    holds: str = ""
    mitigation: str = ""
    inferred: bool = False


def known() -> tuple[str, ...]:
    """Give every id that can be found, in order."""
    rules = {*(rule.name for rule in RULES), *(rule.name for rule in ACROSS)}
    return tuple(sorted({*rules, *(told.name for told in TOLD)}))


def choosable() -> tuple[str, ...]:
    """Give the ids that can be chosen or left out: not what keeps a profile from being read."""
    read = {told.name for told in READ} - {rule.name for rule in RULES}
    return tuple(name for name in known() if name not in read)


def pages() -> tuple[Page, ...]:
    """Give the page of every id, in order."""
    return tuple(page(name) for name in known())


def page(name: str) -> Page:
    """Give the page of one id; raises KeyError where there is no such id.

    A name that a check has as well as the loader is the check's.
    """
    rule = next((rule for rule in RULES if rule.name == name), None)
    if rule is not None:
        return _of_rule(rule)
    between = next((each for each in ACROSS if each.name == name), None)
    if between is not None:
        return across_page(between)
    return told_page({told.name: told for told in TOLD}[name])


def told_page(told: Told) -> Page:
    """Give the page of what has no check."""
    return _read(told.name, told.severity, told.text)


def across_page(rule: Across) -> Page:
    """Give the page of a check between profiles; its examples hold several files."""
    module = importlib.import_module(f"deployer.check.across.{rule.name.replace('-', '_')}")
    found = _read(rule.name, rule.severity, module.__doc__ or "")
    return dataclasses.replace(found, link=rule.link)


def _of_rule(rule: Rule) -> Page:
    module = importlib.import_module(f"deployer.check.checks.{rule.name.replace('-', '_')}")
    return _read(rule.name, rule.severity, module.__doc__ or "", rule)


def _read(name: str, severity: Severity, text: str, rule: Rule | None = None) -> Page:
    """Take a docstring apart; raises ValueError where a part is missing."""
    match = _PARTS.fullmatch(inspect.cleandoc(text))
    if match is None:
        msg = f"the docstring of {name} lacks a part, or has them in another order"
        raise ValueError(msg)
    link = rule.link if rule is not None and rule.link else _link(match["source"])
    return Page(
        name=name,
        severity=severity,
        what=_joined(match["what"]),
        why=_joined(match["why"]),
        more="\n\n".join(filter(None, map(_joined, (match["more"], match["between"])))),
        instead=_side(match["example"], "+"),
        write=_side(match["example"], "-"),
        source=_joined(match["source"]),
        link=link,
        holds=_holds(rule) if rule is not None else "",
        mitigation=rule.mitigation.name if rule is not None and rule.mitigation else "",
        inferred=rule is not None and rule.inferred,
    )


def _side(example: str, other: str) -> str:
    """Give one side of an example: its lines without those of the other."""
    lines = textwrap.dedent(example).strip("\n").split("\n")
    return "\n".join(line[2:] for line in lines if not line.startswith(other))


def _link(source: str) -> str:
    found = _URL.search(source)
    return found[0] if found else ""


def _joined(text: str) -> str:
    """Put the lines of each paragraph together."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _holds(rule: Rule) -> str:
    """Say where a check holds: releases, GPUs, models."""
    parts = (
        f"SGLang {rule.engines}" if rule.engines.since or rule.engines.before else "",
        f"on {' or '.join(rule.gpus)}" if rule.gpus else "",
        f"with {' or '.join(rule.models)}" if rule.models else "",
    )
    return ", ".join(part for part in parts if part)
