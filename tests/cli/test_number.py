"""Every number that a verb takes is finite: of a bound that is NaN nothing is over."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from deployer.cli.main import cli, main
from deployer.cli.number import Number


def numbers(command: click.Command, context: click.Context) -> Iterator[click.Parameter]:
    yield from (one for one in command.params if isinstance(one.type, click.types.FloatParamType))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from numbers(below, context)


def test_no_verb_takes_a_number_that_may_be_none() -> None:
    found = list(numbers(cli, click.Context(cli)))
    assert len(found) >= 10
    assert [one.name for one in found if not isinstance(one.type, Number)] == []


@pytest.mark.parametrize("given", ["nan", "NaN", "inf", "-inf", "1e999"])
@pytest.mark.parametrize(
    "words",
    [
        "canary x --min",
        "bench x --tpot",
        "verify x --timeout",
        "fit x --mem-fraction",
        "top x --every",
    ],
)
def test_what_is_no_finite_number_is_refused(
    words: str, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words.split(), given]) == 2
    assert "is not" in capsys.readouterr().err
