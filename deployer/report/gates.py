"""Objectives and what became of them, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.codec import encode

if TYPE_CHECKING:
    from deployer.measure.gates import Gate

PLAIN = {"kept": "kept", "missed": "MISSED", "unseen": "not seen"}


def text(gates: tuple[Gate, ...]) -> str:
    """Write a line an objective: what was promised, what was measured, what that rests on."""
    wide = max((len(gate.objective) for gate in gates), default=0)
    return "".join(
        f"  {gate.objective:<{wide}}  {PLAIN[gate.held]}: promised {gate.promised}, "
        f"{_measured(gate)}{f' ({gate.why})' if gate.why else ''}\n"
        for gate in gates
    )


def _measured(gate: Gate) -> str:
    return f"measured {gate.measured}" if gate.measured else "not measured"


def value(gates: tuple[Gate, ...]) -> list[dict[str, Any]]:
    """Give them as JSON values."""
    return [encode(gate) for gate in gates]
