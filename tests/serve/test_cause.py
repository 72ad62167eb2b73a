"""The exception that an engine died of, out of the last lines of its log."""

import pytest

from deployer.serve.cause import LIMIT, cause

WEIGHTS = (
    "ValueError: Loaded weights leave no GPU memory for the KV cache under "
    "--mem-fraction-static=0.7. Raise --mem-fraction-static above 0.791"
)
KILLED = "[2026-11-29 06:37:58] Received sigquit from a child process."


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((WEIGHTS, "", KILLED), WEIGHTS),
        ((f"[2026-11-29 06:37:58 TP0] {WEIGHTS}", KILLED), WEIGHTS),
        (
            ("torch.OutOfMemoryError: CUDA out of memory.",),
            "torch.OutOfMemoryError: CUDA out of memory.",
        ),
        (("KeyError: 'a'", WEIGHTS), WEIGHTS),
        (('    raise ValueError("no"): what', KILLED), ""),
        (("ValueError: " + "x" * LIMIT,), ("ValueError: " + "x" * LIMIT)[:LIMIT] + "…"),
        ((), ""),
    ],
)
def test_the_last_exception_is_the_cause(lines: tuple[str, ...], expected: str) -> None:
    assert cause(lines) == expected
