"""What SGLang makes of a profile, as a table for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deployer.codec import encode
from deployer.engine.resolution import Resolution, Row
from deployer.report.envelope import envelope
from deployer.report.findings import BOLD, Paint
from deployer.visible import visible

WIDEST = 44
"""Characters of a value that are shown; a list of batch sizes can be longer than a screen."""

HEADINGS = {
    "changed": "Changed, against what the profile says:",
    "filled": "Filled in, where the profile says nothing:",
    "kept": "As the profile says:",
    "default": "At the engine's defaults:",
}
COLUMNS = ("option", "in the profile", "default", "resolved")
VERDICTS = {
    "resolved": "takes these arguments",
    "refused": "refuses these arguments",
    "broken": "could not be asked about these arguments",
}
_COLOURS = {"error": "\033[1;31m", "warning": "\033[1;33m", "changed": "\033[1;33m"}


def text(found: Sequence[Resolution], *, everything: bool = False, color: bool = False) -> str:
    """Write of each shape the verdict, the values, SGLang's words, and what was pretended.

    Values that stay as they are (as the profile says, or at the default) only with ``everything``.
    """
    return "\n".join(_text(each, everything=everything, color=color) for each in found)


def _text(found: Resolution, *, everything: bool, color: bool) -> str:
    paint, kinds = Paint(on=color), _kinds(everything=everything)
    blocks = [
        "\n".join(_verdict(found, paint)),
        *(_table(kind, found.of(kind), paint) for kind in kinds if found.of(kind)),
        *_said(found, paint),
    ]
    if everything and found.variables:
        blocks.append("\n".join(_variables(found)))
    return "\n\n".join([*blocks, "\n".join(_footer(found, everything=everything))]) + "\n"


def to_json(found: Sequence[Resolution], *, everything: bool = False) -> str:
    """Write the resolution of each shape as JSON, with a line end. Memory is in MiB."""
    first, *more = (_value(each, everything=everything) for each in found)
    return envelope({**first, "shapes": more} if more else first)


def _value(found: Resolution, *, everything: bool) -> dict[str, Any]:
    kinds = _kinds(everything=everything)
    value = {field: _encoded(getattr(found, field)) for field in Resolution.__slots__}
    value["rows"] = [encode(row) for row in found.rows if row.kind in kinds]
    return {"accepted": found.accepted, **value}


def _kinds(*, everything: bool) -> tuple[str, ...]:
    return tuple(HEADINGS) if everything else ("changed", "filled")


def _encoded(value: object) -> Any:  # noqa: ANN401 - a JSON value
    return dict(value) if isinstance(value, dict) else encode(value)


def _verdict(found: Resolution, paint: Paint) -> list[str]:
    head = f"{found.name}: SGLang {found.version} {VERDICTS[found.outcome]}, {_where(found)}"
    lines = [paint(BOLD, head)]
    if found.version != found.stated:
        lines.append(
            f"  The profile names {found.stated}: this is another release's answer, with the flags "
            "respelt."
        )
    if found.missing:
        names = ", ".join(found.missing)
        lines.append(
            f"  {paint(_COLOURS['error'], 'error')}: it has no code for {_plain(names)}, so it "
            "cannot serve this model, whatever it makes of the arguments"
        )
    if found.outcome != "resolved":
        place = f" ({found.where})" if found.where else ""
        lines.append(f"  {paint(_COLOURS['error'], 'error')}: {_plain(found.message)}{place}")
    return lines


def _where(found: Resolution) -> str:
    if found.gpu is None:
        return "on this machine's CPU"
    return f"as if on {found.count} x {found.gpu.name}"


def _table(kind: str, rows: Sequence[Row], paint: Paint) -> str:
    cells = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS) - 1)]
    mark = paint(_COLOURS[kind], "!") if kind == "changed" else " "
    head, *lines = [_line(line, widths) for line in cells]
    return "\n".join([HEADINGS[kind], f"  {head}", *(f"{mark} {line}" for line in lines)])


def _cells(row: Row) -> tuple[str, ...]:
    stated = f"{_cut(row.profile)} ({row.key})" if row.key else "-"
    return (row.option, stated, _shown(row.default), _shown(row.resolved))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return "  ".join([*padded, cells[-1]]).rstrip()


def _shown(value: object) -> str:
    """Write a JSON value: a word as it is, a switch as on or off, a long list by its ends."""
    match value:
        case None:
            return "none"
        case bool():
            return "on" if value else "off"
        case str():
            return _cut(value) or "''"
        case [first, *_, last] if len(json.dumps(value)) > WIDEST:
            return _cut(f"{first} ... {last} ({len(value)} values)")
        case _:
            return _cut(json.dumps(value))


def _cut(value: str) -> str:
    plain = _plain(value)
    return plain if len(plain) <= WIDEST else f"{plain[: WIDEST - 3]}..."


def _said(found: Resolution, paint: Paint) -> list[str]:
    if not found.said:
        return []
    lines = [
        f"  {paint(_COLOURS[line.level], line.level)}: {_plain(line.text)}" for line in found.said
    ]
    return ["\n".join([f"SGLang {found.version} says:", *lines])]


def _variables(found: Resolution) -> list[str]:
    lines = [f"  {name}={_plain(value)}" for name, value in sorted(found.variables.items())]
    return ["Environment variables that SGLang sets:", *lines]


def _footer(found: Resolution, *, everything: bool) -> list[str]:
    lines = [_count(found, everything=everything)] if found.accepted else []
    if found.gpu is not None:
        major, minor = found.gpu.capability
        about = f"{found.gpu.memory:,} MiB each, compute capability {major}.{minor}"
        lines.append(f"Pretended: the GPUs ({about}), {', '.join(found.pretended)}.")
    ran = ", ".join(_package(found, name, version) for name, version in found.packages.items())
    lines.append(f"Model: {found.model}. Run on {ran}.")
    if found.jail:
        lines.append(f"The engine was kept alone: {found.jail}.")
    if found.left_out:
        names = ", ".join(_plain(name) for name in found.left_out)
        lines.append(f"It did not get these variables of the profile: {names}.")
    lines.append("This is the logic of the arguments: no kernel ran and no weights were read.")
    return lines


def _package(found: Resolution, name: str, version: str) -> str:
    pinned = found.pins.get(name, version)
    differs = version.partition("+")[0] != pinned
    return f"{name} {version} (the release asks for {pinned})" if differs else f"{name} {version}"


def _count(found: Resolution, *, everything: bool) -> str:
    words = {"changed": "changed", "filled": "filled in", "kept": "as the profile says"}
    told = ", ".join(f"{len(found.of(kind))} {word}" for kind, word in words.items())
    hint = "" if everything else " (`--all` shows everything)"
    return f"{told}, {len(found.of('default'))} at the defaults{hint}."


def _plain(words: str) -> str:
    """Escape control characters; the engine's words stay on one line."""
    return visible(" ".join(words.split()))
