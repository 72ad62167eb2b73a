"""Starts SGLang's workers as copies of the process that has imported everything already.

SGLang spawns its scheduler and its detokenizer, since CUDA does not survive a fork. A spawned
interpreter imports torch, transformers and SGLang once more, which is nearly all that a start of a
small model computes: 27 s of CPU in three processes, 10 s when two of them are forked (0.5.23).
"""

import functools
import gc
import multiprocessing.context
import signal
from collections.abc import Callable
from multiprocessing import popen_fork
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

WORKERS = "sglang.srt."
"""Where the functions are that SGLang's own processes run. All others are spawned as before."""

LOADING = (1_000_000, 10, 10)
"""How many objects come before the collector looks for garbage while everything is imported. They
are a million, all of them stay, and a look through all of them takes a tenth of a second."""

_USUAL = gc.get_threshold()

_spawn = multiprocessing.context.SpawnProcess._Popen  # noqa: SLF001 - what is put in its place


def install() -> None:
    """Let SGLang have forked processes where it asks for spawned ones, and imports uncollected."""
    gc.set_threshold(*LOADING)
    multiprocessing.context.SpawnProcess._Popen = staticmethod(start)  # type: ignore[assignment]  # noqa: SLF001


def start(process: BaseProcess) -> Any:
    """Fork for a worker where this process has one thread, and spawn for any other.

    What another thread holds locked at a fork stays locked in the copy for good.
    """
    if gc.get_threshold() == LOADING:  # SGLang has an option of its own
        gc.set_threshold(*_USUAL)
    run: Any = process._target  # type: ignore[attr-defined]  # noqa: SLF001
    alone = len(list(Path("/proc/self/task").iterdir())) == 1
    if not (alone and getattr(run, "__module__", "").startswith(WORKERS)):
        return _spawn(process)
    process._target = functools.partial(_afresh, run)  # type: ignore[attr-defined]  # noqa: SLF001
    gc.freeze()  # what is there by now stays in memory that the copies share
    return popen_fork.Popen(process)


def _afresh(run: Callable[..., object], *arguments: object, **options: object) -> None:
    """Run a process's function without its parent's signal handlers, as a new interpreter would."""
    for number in signal.valid_signals():
        if callable(handler := signal.getsignal(number)) and handler != signal.default_int_handler:
            signal.signal(number, signal.SIG_DFL)
    run(*arguments, **options)
