"""A prediction as text for a terminal and as JSON: each figure with what was found near it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from deployer.codec import encode
from deployer.plan.money import dollars
from deployer.predict.prediction import Figure, Prediction
from deployer.report.envelope import envelope
from deployer.report.rows import counted, row, wrapped
from deployer.visible import visible

SECOND = 1000.0


def text(found: Sequence[Prediction]) -> str:
    """Write of each shape what was asked, the figures, how far off they may be, and the notes."""
    several = len(found) > 1
    blocks = (block for each in found for block in (_figures(each, several), _notes(each)))
    return "\n".join("\n".join(lines) + "\n" for block in blocks if (lines := list(block)))


def to_json(found: Sequence[Prediction]) -> str:
    """Write everything that the text says; the same bytes for the same predictions."""
    first, *more = map(encode, found)
    return envelope({**first, "shapes": more} if more else first)


def _figures(found: Prediction, several: bool) -> Iterator[str]:  # noqa: FBT001 - said once, above
    on = f", on {found.question.gpu}" if several else ""
    yield f"{visible(found.name)}{on}: predicted by {visible(found.tool)}, nothing was run"
    work = found.workload
    requests = counted(work.concurrency, "request")
    yield from row(
        "asked", f"{work.inputs:,} tokens in, {work.outputs:,} out, {requests} at a time"
    )
    yield from row("tables", _tables(found))
    yield from row("taken as", _taken(found))
    yield from row("first token", _figure(found.first_token, _milliseconds))
    yield from row("then a token", f"in {_figure(found.each_token, _milliseconds)}")
    each = _figure(found.throughput, lambda one: f"{one:,.0f}")
    yield from row("together", f"{each} output tokens a second of a container")
    if found.million is not None and found.prices is not None:
        each = _figure(found.million, dollars)
        table = f"GPU prices of {found.prices.source}, {found.prices.date}"
        yield from row("money", f"{each} a million output tokens, their input included ({table})")
    yield from row("band", found.band)


def _tables(found: Prediction) -> str:
    answer = found.answer
    return (
        f"measured with SGLang {visible(answer.tables)}; {answer.measured} of {answer.operations} "
        "operations are from tables, the others from formulas"
    )


def _taken(found: Prediction) -> str:
    asked, answer = found.question, found.answer
    drafts = f"{asked.drafts} drafts of which {asked.accepted:g} are accepted"
    parts = (
        f"{found.running:g} at a time",
        f"TP {asked.tensor}",
        f"PP {asked.pipeline}" if asked.pipeline > 1 else "",
        f"{asked.ranks} ranks of data-parallel attention" if asked.ranks > 1 else "",
        f"EP {asked.experts}" if asked.experts > 1 else "",
        f"{asked.replicas} replicas" if asked.replicas > 1 else "",
        f"{visible(answer.weights)} weights",
        f"{visible(answer.cache)} KV cache",
        drafts if asked.drafts else "no speculation",
    )
    return ", ".join(part for part in parts if part)


def _figure(figure: Figure, write: Callable[[float], str]) -> str:
    if figure.at_least is None or figure.at_most is None:
        return f"{write(figure.predicted)} (no band)"
    least, most = write(figure.at_least), write(figure.at_most)
    return f"{write(figure.predicted)} (band {least} to {most})"


def _milliseconds(value: float) -> str:
    if value >= 10 * SECOND:
        return f"{value / SECOND:,.0f} s"
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"  # noqa: PLR2004 - digits


def _notes(found: Prediction) -> Iterator[str]:
    if found.notes:
        yield "Notes"
        for note in found.notes:
            yield from wrapped("  - ", visible(note))
