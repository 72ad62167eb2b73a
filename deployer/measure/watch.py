"""What the engine tells of itself in its metrics while a load is put on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from deployer.errors import DeployerError
from deployer.measure.reading import Told
from deployer.observe.reading import Look, mean, total

EVERY = 2.0
"""Seconds between two looks: the engine sets its gauges anew with each line of its log."""

ACCEPTED = "sglang:spec_accept_length"
CACHED = "sglang:cached_tokens_total"
PROMPTS = "sglang:prompt_tokens_total"
GENERATED = "sglang:generation_tokens_total"
"""Names of 0.5.23 ``srt/observability/metrics_collector.py``."""


class Watch:
    """Looks at the metrics before, during and after a block; a context manager.

    ``look`` is None where the profile turns no metrics on. Who cannot be reached tells nothing.
    """

    def __init__(self, look: Callable[[], Look] | None, every: float = EVERY) -> None:
        self._look = look
        self._every = every
        self._looks: list[Look] = []
        self._before: Look | None = None
        self._after: Look | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="metrics", daemon=True)

    def __enter__(self) -> Self:
        """Take the first look, and go on looking."""
        self._before = self._once()
        if self._look is not None:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the last look."""
        self._over.set()
        if self._look is not None:
            self._thread.join()
            self._after = self._once()

    def told(self) -> Told:
        """Say what was told during the block, and what grew from before it to after it."""
        accepted = [found for look in self._looks if (found := mean(look, ACCEPTED))]
        prompts, cached = self._grown(PROMPTS), self._grown(CACHED)
        return Told(
            accept_length=sum(accepted) / len(accepted) if accepted else None,
            cached=cached / prompts if prompts and cached is not None else None,
            generated=self._grown(GENERATED),
        )

    def _grown(self, name: str) -> float | None:
        if self._before is None or self._after is None:  # another look would not see all of it
            return None
        first, last = total(self._before, name), total(self._after, name)
        if last is None:
            return None
        grown = last - (first or 0.0)
        return grown if grown >= 0 else None  # set back: another process tells

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            self._once()

    def _once(self) -> Look | None:
        if self._look is None:
            return None
        try:
            found = self._look()
        except DeployerError:
            return None
        self._looks.append(found)
        return found
