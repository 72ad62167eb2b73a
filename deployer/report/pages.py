"""What is known of a check, as text for a terminal, as Markdown for the docs, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from deployer import codec
from deployer.check.pages import Page
from deployer.late import compile_pattern
from deployer.report.envelope import envelope
from deployer.report.findings import BOLD, COLORS, Paint

WIDTH = 88
_DOUBLE = compile_pattern(r"``([^`]+)``")
_ROLE = compile_pattern(r":\w+:`([^`]+)`")


def text(page: Page, *, color: bool) -> str:
    """Write one page for a terminal."""
    paint = Paint(on=color)
    title = f"{paint(COLORS[page.severity], str(page.severity))} {paint(BOLD, page.name)}"
    parts = [
        title,
        _filled(page.what),
        *map(_filled, page.more.split("\n\n") if page.more else ()),
        _filled(f"Why it hurts: {page.why}"),
        f"{paint(BOLD, 'Instead of')}\n\n{textwrap.indent(page.instead, '    ')}",
        f"{paint(BOLD, 'Write')}\n\n{textwrap.indent(page.write, '    ')}",
        *(_filled(part) for part in _facts(page)),
    ]
    return "\n\n".join(parts) + "\n"


def table(pages: Iterable[Page], *, color: bool) -> str:
    """Write one line a check: its id, its severity, what it finds."""
    paint = Paint(on=color)
    rows = tuple(pages)
    wide = max((len(row.name) for row in rows), default=0)
    lines = (
        f"{row.name:<{wide}}  {paint(COLORS[row.severity], f'{row.severity!s:<7}')}  "
        f"{_plain(_first(row.what))}"
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines)


def to_json(pages: Iterable[Page]) -> str:
    """Write pages as JSON, every part of each."""
    return envelope({"checks": [codec.encode(page) for page in pages]})


def markdown(page: Page) -> str:
    """Write one page of the docs."""
    parts = [
        f"# {page.name}",
        f"**{page.severity}**: {_marked(page.what)}",
        *([_marked(page.more)] if page.more else []),
        f"Why it hurts: {_marked(page.why)}",
        f"Instead of\n\n```yaml\n{page.instead}\n```",
        f"write\n\n```yaml\n{page.write}\n```",
        *map(_marked, _facts(page)),
    ]
    return "\n\n".join(parts) + "\n"


def index(pages: Iterable[Page]) -> str:
    """Write the first page of the docs: every id with its severity and what it finds."""
    rows = (
        f"| [{row.name}]({row.name}.md) | {row.severity} | {_cell(_marked(_first(row.what)))} |"
        for row in pages
    )
    head = (
        "# Checks\n\n"
        "What `deployer check` finds. This page and the others here are made from the checks'\n"
        "own docstrings by `make generated`; `deployer explain ID` prints them.\n\n"
        "| id | severity | what it finds |\n|---|---|---|\n"
    )
    return head + "".join(f"{row}\n" for row in rows)


def _facts(page: Page) -> list[str]:
    """Say where it holds, what has become stale after, how sure it is, and where it is from."""
    facts = [f"Holds: {page.holds}."] if page.holds else []
    if page.mitigation:
        facts.append(f"Later releases do not need it: `{page.mitigation}` is told as stale there.")
    if page.inferred:
        facts.append("The remedy is an inference: upstream does not say so.")
    facts.append(f"Source: {page.source}")
    if page.link and page.link not in page.source:
        facts.append(f"See {page.link}")
    return facts


def _first(text: str) -> str:
    return text.split("\n\n", maxsplit=1)[0]


def _plain(text: str) -> str:
    """Write reStructuredText's marks as one back quote, as messages have them."""
    return _DOUBLE.sub(r"`\1`", _ROLE.sub(r"`\1`", text))


def _marked(text: str) -> str:
    return _plain(text).replace("<", "&lt;") if "<" in text else _plain(text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _filled(text: str) -> str:
    return textwrap.fill(_plain(text), WIDTH, break_long_words=False, break_on_hyphens=False)
