"""Read an argument list as a release of the engine would, and say all that is wrong with it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from deployer.facts.sglang.catalogue import Catalogue, Option
from deployer.finding import Severity
from deployer.parse import faults
from deployer.parse.hidden import hidden, marked
from deployer.parse.oracle import Answer, ask
from deployer.parse.parsed import Fault, Given, Parsed
from deployer.parse.secrets import HIDDEN, LOOKS
from deployer.parse.types import converter
from deployer.parse.walk import Group, groups


def parse(catalogue: Catalogue, words: Sequence[str]) -> Parsed:
    """Read the words behind the command; ``Parsed.accepted`` is the release's own verdict.

    The walk says why; should it and the release's parser ever disagree, the parser is right: an
    error that it does not share becomes a warning, and what it alone refuses is said in its words.
    """
    words = tuple(words)
    found = tuple(marked(catalogue, groups(catalogue, words)))
    answer = ask(catalogue, words)
    walked = (
        *(fault for group in found for fault in faults.of_group(catalogue, group)),
        *_repeated(catalogue, found),
        *_required(catalogue, found),
    )
    return Parsed(
        version=catalogue.version,
        words=words,
        given=tuple(_given(catalogue, found, answer)),
        faults=tuple(sorted(_agreed(walked, answer, found), key=lambda fault: fault.position)),
    )


def _agreed(walked: tuple[Fault, ...], answer: Answer, found: Sequence[Group]) -> Iterator[Fault]:
    if answer.accepted:
        for fault in walked:
            wrong = fault.severity is Severity.ERROR
            yield replace(fault, severity=Severity.WARNING) if wrong else fault
        return
    yield from walked
    if all(fault.severity is not Severity.ERROR for fault in walked):
        message = LOOKS.sub(HIDDEN, answer.message)
        for text in sorted(hidden(found), key=len, reverse=True):
            message = message.replace(text, HIDDEN)
        yield Fault("refused-list", Severity.ERROR, 0, "", f"SGLang refuses it: {message}")


def _repeated(catalogue: Catalogue, found: Sequence[Group]) -> Iterator[Fault]:
    """Find options that are given twice: the last one wins, and nothing is said."""
    seen: dict[str, Group] = {}
    for group in found:
        option = catalogue.find(group.string)
        if option is None:
            continue
        if option.dest in seen and group.values != seen[option.dest].values:
            message = f"`{option.name}` is given twice, and the engine takes the last"
            yield Fault(
                "repeated-flag", Severity.WARNING, group.position, option.name, message,
                "keep one of them",
            )  # fmt: skip
        seen[option.dest] = group


def _required(catalogue: Catalogue, found: Sequence[Group]) -> Iterator[Fault]:
    given = {option.dest for group in found if (option := catalogue.find(group.string))}
    for option in catalogue:
        if option.required and option.dest not in given:
            message = f"`{option.name}` is missing, and the engine never starts without it"
            yield Fault(
                "required-missing", Severity.ERROR, 0, option.name, message,
                f"give `{option.name}`",
            )  # fmt: skip


def _read(catalogue: Catalogue, option: Option, group: Group, answer: Answer) -> Any:  # noqa: ANN401 - whatever the option stores
    """Give what the engine makes of an option's words; None where it makes nothing of them."""
    if answer.accepted:
        return answer.values.get(option.dest)
    convert = converter(option, catalogue.version) or str
    try:
        values = [convert(word) for word in group.values]
    except (ArgumentTypeError, TypeError, ValueError):
        return None
    if not values:
        return True
    return values if option.nargs in {"+", "*"} or isinstance(option.nargs, int) else values[0]


def _given(catalogue: Catalogue, found: Sequence[Group], answer: Answer) -> Iterator[Given]:
    for group in found:
        option = catalogue.find(group.string)
        if option is not None:
            yield Given(
                option=option,
                string=group.string,
                written=group.written.partition("=")[0],
                words=group.values,
                value=_read(catalogue, option, group, answer),
                position=group.position,
            )
