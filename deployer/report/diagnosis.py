"""What a log tells of a failure, as text and as JSON, and the known failures as pages."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from deployer import codec
from deployer.diagnose.diagnosis import Diagnosis, Reading
from deployer.diagnose.signature import GROUP, Signature
from deployer.diagnose.words import nothing, report
from deployer.report.envelope import envelope
from deployer.visible import visible

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A log by its name, what was read of it, and the first cause, if it tells one.

    ``end`` is what else is known of an end that nobody asked for, '' where nothing is.
    """

    log: str
    reading: Reading
    found: Diagnosis | None
    end: str = ""

    @property
    def failed(self) -> bool:
        """Whether any failure is told, be it of an engine before the last one, or known."""
        return bool(self.found or self.reading.earlier or self.reading.cut or self.end)


def text(one: Diagnosed) -> str:
    """Write it for people, a line a fact."""
    reading = one.reading
    lines = [f"{one.log}: {_read(reading)}"]
    if one.found:
        lines += [f"  {line}" for line in report(one.found)]
    else:
        lines.append(f"  {nothing(reading)}")
        lines += [f"  but the deployment has ended: {visible(one.end)}"] if one.end else []
    if reading.earlier:
        lines.append("  an engine before the last one failed, too:")
        lines += [f"    {line}" for line in report(reading.earlier)]
    return "".join(f"{line}\n" for line in lines)


def to_json(one: Diagnosed) -> str:
    """Write it for programs; ``diagnosis`` is null where no failure is told."""
    reading = one.reading
    return envelope(
        {
            "log": one.log,
            "lines": reading.lines,
            "starts": reading.starts,
            "stage": reading.stage,
            "stopped": reading.stopped,
            "cut": reading.cut,
            "ended": one.end or None,
            "diagnosis": codec.encode(one.found) if one.found else None,
            "earlier": codec.encode(reading.earlier) if reading.earlier else None,
        }
    )


def signature_text(signature: Signature) -> str:
    """Say what is known of a failure, for `explain`."""
    parts = [
        signature.name,
        _filled(f"What happened: {_plain(signature.cause)}."),
        *(_filled(line) for line in _writes(signature)),
        _filled(f"Known from {signature.link}"),
    ]
    if signature.symptom:
        parts.insert(2, "It is a symptom: a cause that the log tells elsewhere comes before it.")
    return "\n\n".join(parts) + "\n"


def signatures_json(signatures: Sequence[Signature]) -> str:
    """Write what is known of failures for programs."""
    return envelope(
        {
            "failures": [
                {
                    "name": one.name,
                    "cause": _plain(one.cause),
                    "symptom": one.symptom,
                    "writes": [codec.encode(write) for write in one.writes],
                    "link": one.link,
                }
                for one in signatures
            ]
        }
    )


def page(signatures: Sequence[Signature]) -> str:
    """Write the page of the docs."""
    head = (
        "# Failures that are known\n\n"
        "What `deployer diagnose`, the end of a server in its log, and a failed `apply` name in\n"
        "brackets. `make generated` makes this page of `deployer/diagnose/signatures/`;\n"
        "`deployer explain NAME` prints a part of it. A symptom is told only where the log tells\n"
        "of no cause. What a log says stands here as `…`.\n"
    )
    return head + "".join(f"\n{signature_markdown(one)}" for one in signatures)


def signature_markdown(signature: Signature) -> str:
    """Write what is known of one failure as Markdown."""
    kind = " (a symptom)" if signature.symptom else ""
    writes = "".join(f"- {line}\n" for line in _writes(signature))
    cause = _plain(signature.cause)
    return (
        f"## {signature.name}\n\n{cause[:1].upper()}{cause[1:]}{kind}.\n\n{writes}"
        f"\nKnown from <{signature.link}>.\n"
    )


def _read(reading: Reading) -> str:
    starts = f", {reading.starts} starts of an engine" if reading.starts > 1 else ""
    return f"{reading.lines} line{'' if reading.lines == 1 else 's'}{starts}"


def _writes(signature: Signature) -> list[str]:
    return [
        f"`{write.key}`: {_plain(write.what)}" if write.key else _plain(write.what)
        for write in signature.writes
    ]


def _plain(said: str) -> str:
    return GROUP.sub("…", said)


def _filled(said: str) -> str:
    return textwrap.fill(said, WIDTH, break_long_words=False, break_on_hyphens=False)
