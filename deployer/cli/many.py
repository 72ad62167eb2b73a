"""One verb for many profiles: each gets its answer, with one look at the account for all."""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING

from deployer.apply.modal.accounts import one_look
from deployer.cli.say import show, tell
from deployer.errors import DeployerError, Failure
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def each(
    words: Sequence[str], one: Callable[[str], int], form: str, *, changes: bool = False
) -> int:
    """Carry a verb out for each of the words that are meant; gives the worst exit code.

    One word is that word. Of many, a failure of one is told and the others go on; where the verb
    ``changes`` something, the rest is not begun. In JSON there is one object for all, with each
    result and its exit code. Raises what the verb raises where there is one word.
    """
    found = meant(words)
    if len(found) == 1:
        with contextlib.nullcontext() if changes else one_look():
            return one(found[0])
    codes, results = [], []
    with one_look():
        for number, word in enumerate(found):
            tell(f"{visible(word)} ({number + 1} of {len(found)})")
            code, result = _answered(word, one, form)
            codes.append(code)
            results.append({"profile": word, "exit_code": code, "result": result})
            if code and changes:
                break
    if form == "json":
        from deployer.report.envelope import envelope  # noqa: PLC0415 - only for this form

        show(envelope({"profiles": results}), end="")
    if left := found[len(codes) :]:
        message = f"not begun after that failure: {', '.join(map(visible, left))}"
        raise Failure(message)
    return 1 if 1 in codes else max(codes)


def _answered(word: str, one: Callable[[str], int], form: str) -> tuple[int, object]:
    """Carry the verb out for one of many; gives its exit code, and a result that is JSON."""
    from deployer.cli.ending import tell_error  # noqa: PLC0415 - only for many

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said) if form == "json" else contextlib.nullcontext():
            code = one(word)
    except DeployerError as error:
        tell_error(error)
        return error.exit_code, {"error": {"message": error.message, "hint": error.hint}}
    return code, json.loads(said.getvalue()) if form == "json" else None


def meant(words: Sequence[str]) -> tuple[str, ...]:
    """Give what the words mean: a pattern that no shell has expanded is expanded here."""
    from deployer.cli.patterns import is_pattern  # noqa: PLC0415 - only what a verb needs

    if len(words) == 1 and not is_pattern(words[0]):
        return tuple(words)
    from deployer.cli.discover import find  # noqa: PLC0415 - only for many

    return tuple(
        name for word in words for name in (find([word]).files if is_pattern(word) else (word,))
    )
