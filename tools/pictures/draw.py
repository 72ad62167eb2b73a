"""Output of the command line as SVG, with no script, no font and no address in it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 108
"""Columns: what is shown is at most 100 wide, and the prompt comes before the command."""

FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""rich's own form (``rich._export_format``) without the font that it fetches."""


def drawn(shown: str, title: str) -> str:
    """Draw text with escape codes for colors, as a terminal of :data:`WIDTH` columns shows it."""
    # With a height too, rich does not ask what terminal we are in: a dumb one is 80 columns wide.
    console = Console(record=True, width=WIDTH, height=25, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown.rstrip("\n")), soft_wrap=False)
    svg = console.export_svg(title=title, code_format=FORMAT, unique_id="deployer")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def said(words: list[str], state: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Run a verb that asks nobody, with a state of its own, and give what it shows, in color."""
    ran = subprocess.run(
        [sys.executable, "-m", "deployer", *words],
        env={**environ, "XDG_STATE_HOME": str(state), "FORCE_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=True,
    )
    return f"$ deployer {' '.join(words)}\n{ran.stdout}"
