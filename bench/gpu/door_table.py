"""What was asked by hand and through the door, side by side, and the difference."""

from __future__ import annotations

from typing import Any

WAYS = "by hand", "the door"

HEAD = (
    "server", "streams", "tokens in, out", "way", "tokens/s of each round", "first token, ms",
    "door, CPU s",
)  # fmt: skip


def of(result: dict[str, Any]) -> str:
    """Write the table and what it says; nothing where the door was not asked."""
    rows = [row for row in result["rows"] if "way" in row]
    if not rows:
        return ""
    lines = [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
    told = []
    for server, streams in dict.fromkeys((row["server"], row["streams"]) for row in rows):
        mine = [row for row in rows if (row["server"], row["streams"]) == (server, streams)]
        for way in WAYS:
            each = [row for row in mine if row["way"] == way]
            cells = [
                server, str(streams), f"{each[0]['input']}, {each[0]['output']}", way,
                ", ".join(f"{row['output_per_s']:,.0f}" for row in each),
                ", ".join(f"{row['first_ms'][0]:.1f}" for row in each),
                ", ".join(f"{row['door_cpu_s']:.2f}" for row in each),
            ]  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
        told.append(f"{server}, {streams} streams: {_difference(mine)}")
    note = (
        "As OpenAI's clients ask, in turns, the door first in even rounds. All rounds had the same"
        " prompts: whoever came first computed them, and for the others they were in the prefix"
        f" cache. So the first round does not count. In the others: {'; '.join(told)}."
    )
    return "\n".join([*lines, "", note])


def _difference(rows: list[dict[str, Any]]) -> str:
    counted = [row for row in rows if row["round"]]
    ways = {way: [row for row in counted if row["way"] == way] for way in WAYS}
    rate = [spread([row["output_per_s"] for row in each]) for each in ways.values()]
    first = [spread([row["first_ms"][0] for row in each], 1) for each in ways.values()]
    pieces = sum(row["completed"] * row["output"] for row in ways[WAYS[1]])
    own = sum(row["door_cpu_s"] for row in ways[WAYS[1]]) / pieces
    return (
        f"{rate[0]} tokens/s by hand and {rate[1]} through the door, the first token after "
        f"{first[0]} ms and {first[1]} ms, for {1e6 * own:,.0f} us of a core a token"
    )


def spread(values: list[float], digits: int = 0) -> str:
    """Give the least and the largest, or the only one."""
    return " to ".join(f"{each:,.{digits}f}" for each in sorted({min(values), max(values)}))
