"""A section of the page of measurements: what it was measured on, a table, a note."""

from __future__ import annotations

from typing import Any


def section(title: str, result: dict[str, Any], rows: list[str], note: str) -> str:
    """Write it; ``rows`` are cells with bars between them, the head first."""
    versions, gpu = result["versions"], result["gpu"]
    on = "no GPU"
    if gpu is not None:
        on = f"{gpu.get('count', 1)} x {gpu['name']} ({gpu['mib']} MiB, driver {gpu['driver']})"
    made = (
        f"{result['date']}, {on}, "
        f"torch {versions['torch']}, sglang-kernel {versions['sglang-kernel']}, "
        f"flashinfer {versions['flashinfer-python']}, transformers {versions['transformers']}."
    )
    head, *body = (f"| {row} |" for row in rows)
    rule = "|" + "---|" * (rows[0].count("|") + 1)
    lines = [f"## {title}: SGLang {versions['sglang']}", "", made, "", head, rule, *body, ""]
    return "\n".join([*lines, note, ""] if note else lines)
